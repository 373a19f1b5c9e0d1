import TestSupport
import Testing

@testable import Pipeline

struct QueueRoomTests {
    /// What is done to the room, and what it says.
    private enum Move {
        case take(Int)
        case takePromised(Int)
        case giveBack(Int)
        case wait(Int, String)
        case endPromise(Int)
        case next
    }

    private func answers(limit: Int, _ moves: [Move]) -> [String] {
        var room = QueueRoom<String>(limit: limit)
        return moves.compactMap { move in
            switch move {
            case .take(let cost): return room.take(cost, hasWaited: false) ? "taken" : "full"
            case .takePromised(let cost): return room.take(cost, hasWaited: true) ? "taken" : "full"
            case .wait(let cost, let name):
                return room.promise(cost, orWait: name) ? "promised" : "in line"
            case .next: return room.promiseNext() ?? "nobody"
            case .giveBack(let cost): room.giveBack(cost)
            case .endPromise(let cost): room.endPromise(cost)
            }
            return nil
        }
    }

    @Test func `room is taken up to the limit, and again once it is given back`() {
        let answers = answers(
            limit: 10, [.take(7), .take(4), .take(3), .giveBack(7), .take(7), .take(1)])

        #expect(answers == ["taken", "full", "taken", "taken", "full"])
    }

    @Test func `nobody overtakes who waits for more`() {
        let answers = answers(
            limit: 10,
            [
                .take(5), .wait(8, "large"), .take(1), .wait(1, "small"), .next, .giveBack(5),
                .next, .next, .next,
            ])

        #expect(
            answers == [
                "taken", "in line", "full", "in line", "nobody", "large", "small", "nobody",
            ]
        )
    }

    @Test func `what was promised is not given to a newcomer`() {
        let answers = answers(
            limit: 2,
            [.take(2), .wait(2, "first"), .giveBack(2), .next, .take(1), .takePromised(2)])

        #expect(answers == ["taken", "in line", "first", "full", "taken"])
    }

    @Test func `the next has a turn when the first goes without taking anything`() {
        let answers = answers(
            limit: 1,
            [
                .take(1), .wait(1, "first"), .wait(1, "second"), .giveBack(1), .next, .next,
                .endPromise(1), .next,
            ])

        #expect(answers == ["taken", "in line", "in line", "first", "nobody", "second"])
    }

    @Test func `room that came before the wait began is promised at once`() {
        #expect(answers(limit: 1, [.wait(1, "first"), .next]) == ["promised", "nobody"])
    }

    // Any senders in any order: the limit holds, those who wait are promised room in the order in
    // which they came, and nobody is left waiting in the end.
    @Test("nobody waits forever", arguments: 1...200 as ClosedRange<UInt64>)
    func liveness(seed: UInt64) {
        var dice = SeededGenerator(seed: seed)
        var room = QueueRoom<Int>(limit: Int.random(in: 4...12, using: &dice))
        var inside: [Int] = []
        var costs: [Int] = []
        var waited: [Int] = []
        var promised: [Int] = []

        for _ in 0..<300 {
            switch Int.random(in: 0..<4, using: &dice) {
            case 0, 1:
                let cost = Int.random(in: 1...4, using: &dice)
                costs.append(cost)
                if room.take(cost, hasWaited: false) {
                    inside.append(cost)
                } else if room.promise(cost, orWait: costs.count - 1) {
                    Issue.record("there was no room, and then there was")
                } else {
                    waited.append(costs.count - 1)
                }
            case 2 where !inside.isEmpty:
                let index = Int.random(in: 0..<inside.count, using: &dice)
                room.giveBack(inside.remove(at: index))
                serve(&room, costs, &inside, &promised, takes: true)
            default:
                serve(&room, costs, &inside, &promised, takes: Bool.random(using: &dice))
            }
            #expect(room.used == inside.reduce(0, +))
            #expect(room.used <= room.limit)
        }
        while !inside.isEmpty {
            room.giveBack(inside.removeLast())
            serve(&room, costs, &inside, &promised, takes: false)
        }

        #expect(promised == waited)
    }

    /// What a queue does after room was given back: each that is promised room tries and passes on.
    private func serve(
        _ room: inout QueueRoom<Int>, _ costs: [Int], _ inside: inout [Int],
        _ promised: inout [Int], takes: Bool
    ) {
        while let sender = room.promiseNext() {
            promised.append(sender)
            let cost = costs[sender]
            if takes, room.take(cost, hasWaited: true) { inside.append(cost) }
            room.endPromise(cost)
        }
    }
}

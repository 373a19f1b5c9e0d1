import Primitives
import TestSupport
import Testing

@testable import Sockets

struct TimerQueueTests {
    @Test func `timers come out by their deadline, and in the order they were set if it is equal`()
    {
        var queue = TimerQueue()
        let timers = (0..<5).map { _ in LoopTimer {} }

        for (timer, deadline) in zip(timers, [30, 10, 20, 10, 20]) {
            queue.schedule(timer, at: Instant(nanoseconds: UInt64(deadline)))
        }

        var order: [Int] = []
        while let timer = queue.removeFirst(dueBy: .distantFuture) {
            order.append(timers.firstIndex { $0 === timer } ?? -1)
        }
        #expect(order == [1, 3, 2, 4, 0])
    }

    @Test func `a timer that is not due stays`() {
        var queue = TimerQueue()
        let timer = LoopTimer {}
        queue.schedule(timer, at: Instant(nanoseconds: 100))

        #expect(queue.removeFirst(dueBy: Instant(nanoseconds: 99)) == nil)
        #expect(queue.removeFirst(dueBy: Instant(nanoseconds: 100)) === timer)
        #expect(!timer.isScheduled)
    }

    // Goal: the heap against a sorted list. Method: random sets, moves and cancels, then empty
    // both.
    @Test(arguments: 0..<20 as Range<UInt64>)
    func `any mixture of setting, moving and cancelling keeps the order`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var queue = TimerQueue()
        let timers = (0..<64).map { _ in LoopTimer {} }
        var model: [Int: UInt64] = [:]

        for _ in 0..<1_000 {
            let index = Int.random(in: timers.indices, using: &random)
            if Bool.random(using: &random) {
                // Never the same deadline twice, so that the order is total.
                let deadline =
                    UInt64.random(in: 0..<1_000_000, using: &random) &* 64 &+ UInt64(index)
                queue.schedule(timers[index], at: Instant(nanoseconds: deadline))
                model[index] = deadline
            } else {
                queue.cancel(timers[index])
                model[index] = nil
            }
        }

        var deadlines: [UInt64] = []
        while let timer = queue.removeFirst(dueBy: .distantFuture) {
            deadlines.append(timer.deadline.nanoseconds)
        }
        #expect(deadlines == model.values.sorted())
    }
}

import OTLP
import Pipeline
import Primitives
import Telemetry
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5)))
struct InletTests {
    // MARK: Who sent it

    @Test func `processors are told who sent a batch until one with state`() async throws {
        try await Workshop.run { shop in
            let (early, late) = (shop.step(Naming()), shop.step(Naming()))
            let stage = shop.stage(Holding(count: 1), Route(steps: [late], intakes: []))
            let inlet = shop.inlet([
                Route(steps: [shop.step(Acting { $1.forward($0) }), early], intakes: []),
                Route(steps: [], intakes: [stage]),
            ])

            #expect(await inlet.deliver(.numbered(0..<2), from: Sender(address: "::1")) == nil)
            #expect(await inlet.deliver(.numbered(2..<3)) == nil)

            #expect(early.account.books.dropped == ["sent by ::1": 2, "sent by many": 1])
            #expect(late.account.books.dropped == ["sent by many": 3])
        }
    }

    @Test func `only who is asked for is named`() async throws {
        try await Workshop.run { shop in
            let plain = shop.step(Acting { $1.forward($0) })
            let inner = shop.stage(
                Holding(count: 1), Route(steps: [shop.step(Naming())], intakes: []))

            #expect(shop.inlet([plain, shop.step(Naming())]).usesSender)
            #expect(!shop.inlet([plain]).usesSender)
            #expect(!shop.inlet(to: inner).usesSender)
        }
    }

    // MARK: All or nothing

    @Test func `a batch that one exporter has no room for goes to none`() async throws {
        try await Workshop.run { shop in
            let gate = Gate()
            let healthy = ScriptedExporter()
            let stuck = ScriptedExporter(gate.script)
            let narrow = try shop.queue(stuck) { $0.queue.sizeLimit = 1 }
            let wide = try shop.queue(healthy)
            let inlet = shop.inlet(to: wide, narrow)

            let first = await inlet.deliver(.numbered(0..<1))
            let second = await inlet.deliver(.numbered(1..<2))
            gate.open()
            await shop.eventually("room") { narrow.account.held.value == 0 }
            let again = await inlet.deliver(.numbered(1..<2))
            await shop.eventually("two exports") { healthy.items.count == 2 }

            #expect([first?.reason, second?.reason, again?.reason] == [nil, "queue_full", nil])
            #expect(healthy.items == [0, 1])
            #expect(
                inlet.account.books == Books(outgoing: 2, refused: ["queue_full": 1]))
        }
    }

    @Test func `who is refused by one exporter takes no room in another`() async throws {
        try await Workshop.run { shop in
            let roomy = try shop.queue(ScriptedExporter(), starts: false) { $0.queue.sizeLimit = 2 }
            let narrow = try shop.queue(ScriptedExporter(), starts: false) {
                $0.queue.sizeLimit = 1
            }
            let inlet = shop.inlet(to: roomy, narrow)

            let refusals = [
                await inlet.deliver(.numbered(0..<1)), await inlet.deliver(.numbered(1..<2)),
                await inlet.deliver(.numbered(2..<3)),
            ]

            #expect(refusals.map { $0?.reason } == [nil, "queue_full", "queue_full"])
            #expect(roomy.offer(.numbered(3..<4)) == nil)
            #expect(roomy.offer(.numbered(4..<5))?.reason == "queue_full")
        }
    }

    @Test func `a batch that one pipeline has no room for goes into none`() async throws {
        try await Workshop.run { shop in
            let (first, second) = (ScriptedExporter(), ScriptedExporter())
            let routes = [
                Route(steps: [], intakes: [try shop.queue(first)]),
                Route(
                    steps: [],
                    intakes: [try shop.queue(second, starts: false) { $0.queue.sizeLimit = 1 }]),
            ]
            let inlet = shop.inlet(routes)

            let refusals = [
                await inlet.deliver(.numbered(0..<1)), await inlet.deliver(.numbered(1..<2)),
            ]
            await shop.eventually("an export") { first.items.count == 1 }

            #expect(refusals.map { $0?.reason } == [nil, "queue_full"])
            #expect(first.items == [0])
        }
    }

    @Test func `pipelines that share an exporter get room in it together`() async throws {
        try await Workshop.run { shop in
            let exporter = ScriptedExporter()
            let queue = try shop.queue(exporter) { $0.queue.sizeLimit = 2 }
            let route = Route(steps: [], intakes: [queue])

            #expect(await shop.inlet([route, route]).deliver(.numbered(0..<1)) == nil)
            let tooMany = await shop.inlet([route, route, route]).deliver(.numbered(0..<1))

            #expect(tooMany?.reason == "larger_than_queue")
            await shop.eventually("two exports") { exporter.items == [0, 0] }
        }
    }

    @Test func `what one exporter will never take is returned for good`() async throws {
        try await Workshop.run { shop in
            let exporter = ScriptedExporter()
            let narrow = try shop.queue(ScriptedExporter()) {
                $0.queue.sizer = .items
                $0.queue.sizeLimit = 1
            }
            let inlet = shop.inlet(to: try shop.queue(exporter), narrow)

            let refusal = await inlet.deliver(.numbered(0..<2))

            #expect(refusal?.isRetryable == false)
            #expect(exporter.items == [])
        }
    }

    // MARK: Waiting

    @Test func `a sender waits for room and goes on, in order`() async throws {
        try await Workshop.run { shop in
            let gate = Gate()
            let exporter = ScriptedExporter(gate.script)
            let queue = try shop.queue(exporter) {
                $0.queue.sizeLimit = 1
                $0.queue.blocksOnOverflow = true
            }
            let inlet = shop.inlet(to: queue)
            #expect(await inlet.deliver(.numbered(0..<1)) == nil)

            async let waiting = withTaskGroup(of: Refusal?.self) { group in
                for number in 1..<20 {
                    group.addTask { await inlet.deliver(.numbered(number..<number + 1)) }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            await shop.eventually("all senders") { inlet.account.incoming.value == 20 }
            let before = inlet.account.outgoing.value
            gate.open()
            let refusals = await waiting

            #expect(before == 1)
            #expect(refusals.allSatisfy { $0 == nil })
            await shop.eventually("all exports") { exporter.items.sorted() == Array(0..<20) }
        }
    }

    @Test func `senders of all sizes get their turn`() async throws {
        try await Workshop.run { shop in
            let exporter = ScriptedExporter()
            let queue = try shop.queue(exporter) {
                $0.queue.sizer = .items
                $0.queue.sizeLimit = 10
                $0.queue.blocksOnOverflow = true
            }
            let inlet = shop.inlet(to: queue)

            await withTaskGroup { group in
                for sender in 0..<20 {
                    group.addTask {
                        for turn in 0..<10 {
                            let first = sender * 1_000 + turn * 10
                            let refusal = await inlet.deliver(
                                .numbered(first..<first + 1 + sender % 10))
                            #expect(refusal == nil)
                        }
                    }
                }
            }
            await shop.eventually("all exports") { queue.account.held.value == 0 }

            #expect(exporter.attempts.count == 200)
            #expect(Set(exporter.items).count == exporter.items.count)
        }
    }

    @Test func `a sender who waits for room hears of the stop`() async throws {
        try await Workshop.run { shop in
            let gate = Gate()
            let queue = try shop.queue(ScriptedExporter(gate.script)) {
                $0.queue.sizeLimit = 1
                $0.queue.blocksOnOverflow = true
            }
            let inlet = shop.inlet(to: queue)
            #expect(await inlet.deliver(.numbered(0..<1)) == nil)

            async let waiting = inlet.deliver(.numbered(1..<2))
            await shop.eventually("a sender") { inlet.account.incoming.value == 2 }
            await queue.drain(by: .now() + .milliseconds(10), timers: shop.loop)
            gate.open()

            #expect(await waiting == .stopping)
        }
    }

    // MARK: Steps

    @Test func `what a step drops is booked there, and no answer is waited for`() async throws {
        try await Workshop.run { shop in
            let exporter = ScriptedExporter()
            let step = shop.step(Acting.dropping)
            let queue = try shop.queue(exporter) { $0.queue.waitsForResult = true }
            let inlet = shop.inlet([step], to: queue)

            #expect(await inlet.deliver(.numbered(0..<3)) == nil)

            #expect(step.account.books == Books(dropped: ["unwanted": 3]))
            #expect(inlet.account.books == Books(outgoing: 3))
            #expect(exporter.attempts == [])
        }
    }

    @Test func `the answer covers every batch a step made of one`() async throws {
        try await Workshop.run { shop in
            let exporter = ScriptedExporter { batch, _ in
                batch.itemNumbers == [1] ? .retryable(reason: "down", after: nil) : .exported
            }
            let queue = try shop.queue(exporter) { $0.queue.waitsForResult = true }
            let inlet = shop.inlet([shop.step(Acting.splitting)], to: queue)

            #expect(await inlet.deliver(.numbered(0..<3))?.reason == "export_failed")

            #expect(exporter.attempts == [[0], [1], [2]])
            #expect(queue.account.books == Books(outgoing: 2, refused: ["export_failed": 1]))
        }
    }

    @Test func `all batches a step made of one find room, or none`() async throws {
        try await Workshop.run { shop in
            let gate = Gate()
            let exporter = ScriptedExporter(gate.script)
            let queue = try shop.queue(exporter) {
                $0.queue.sizeLimit = 3
                $0.queue.blocksOnOverflow = true
            }
            let inlet = shop.inlet([shop.step(Acting.splitting)], to: queue)
            #expect(await inlet.deliver(.numbered(0..<2)) == nil)

            async let waiting = inlet.deliver(.numbered(2..<4))
            await shop.eventually("a sender") { inlet.account.incoming.value == 4 }
            #expect(queue.account.incoming.value == 2)
            gate.open()

            #expect(await waiting == nil)
            await shop.eventually("all exports") { exporter.items == [0, 1, 2, 3] }
            #expect(await inlet.deliver(.numbered(0..<4))?.reason == "larger_than_queue")
        }
    }

    @Test func `a step's refusal reaches the sender, and nothing is taken`() async throws {
        try await Workshop.run { shop in
            let exporter = ScriptedExporter()
            let refusal = Refusal(reason: "memory", message: "too much memory is in use")
            let first = shop.step(Acting.splitting)
            let inlet = shop.inlet(
                [first, shop.step(Acting.refusing(refusal))], to: try shop.queue(exporter))

            #expect(await inlet.deliver(.numbered(0..<2)) == refusal)

            #expect(inlet.account.books == Books(refused: ["memory": 2]))
            #expect(first.account.books == Books())
            #expect(exporter.attempts == [])
        }
    }

    @Test func `a refused delivery leaves nothing in the books of its steps`() async throws {
        try await Workshop.run { shop in
            let step = shop.step(Acting.dropping)
            let queue = try shop.queue(ScriptedExporter(), starts: false) {
                $0.queue.sizeLimit = 1
            }
            let inlet = shop.inlet([
                Route(steps: [step], intakes: [queue]), Route(steps: [], intakes: [queue]),
            ])

            let refusals = [
                await inlet.deliver(.numbered(0..<1)), await inlet.deliver(.numbered(0..<1)),
            ]

            #expect(refusals.map { $0?.reason } == [nil, "queue_full"])
            #expect(step.account.books == Books(dropped: ["unwanted": 1]))
        }
    }

    @Test func `a batch without items is answered and forgotten`() async throws {
        try await Workshop.run { shop in
            let exporter = ScriptedExporter()
            let inlet = shop.inlet(to: try shop.queue(exporter))

            #expect(await inlet.deliver(Batch(.traces)) == nil)

            #expect(exporter.attempts == [])
            #expect(inlet.account.incoming.value == 0)
        }
    }
}

import OTLP
import Pipeline
import Primitives
import Telemetry
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5)))
struct StatefulStageTests {
    @Test func `what is held leaves when the processor says so`() async throws {
        try await Workshop.run { shop in
            let exporter = ScriptedExporter()
            let stage = shop.stage(Holding(count: 2), to: try shop.queue(exporter))

            #expect(stage.offer(.numbered(0..<2)) == nil)
            let whileHeld = stage.account.books
            #expect(stage.offer(.numbered(2..<3)) == nil)
            await shop.eventually("two exports") { exporter.attempts == [[0, 1], [2]] }

            #expect(whileHeld == Books(held: 2))
            #expect(stage.account.books == Books(outgoing: 3))
        }
    }

    @Test func `the timer fires when the processor wants, again and again`() async throws {
        try await Workshop.run { shop in
            let exporter = ScriptedExporter()
            let stage = shop.stage(
                Holding(count: 100, wait: .milliseconds(5)), to: try shop.queue(exporter))

            for number in 0..<5 {
                #expect(stage.offer(.numbered(number..<number + 1)) == nil)
                await shop.eventually("export \(number)") { exporter.items.last == number }
            }

            #expect(exporter.items == Array(0..<5))
        }
    }

    // MARK: The outbox

    @Test func `what was taken waits while a queue is full, and leaves in order`() async throws {
        try await Workshop.run { shop in
            let gate = Gate()
            let exporter = ScriptedExporter(gate.script)
            let queue = try shop.queue(exporter) { $0.queue.sizeLimit = 1 }
            let stage = shop.stage(Holding(count: 3), to: queue)

            for number in 0..<3 { #expect(stage.offer(.numbered(number..<number + 1)) == nil) }
            let refusal = stage.offer(.numbered(9..<10))
            let whileFull = stage.account.books
            gate.open()
            await shop.eventually("three exports") { exporter.items == [0, 1, 2] }

            #expect(refusal?.reason == "backlog")
            #expect(refusal?.isRetryable == true)
            #expect(whileFull == Books(outgoing: 1, held: 2))
            #expect(stage.offer(.numbered(3..<4)) == nil)
            await stage.drain(by: .now() + .seconds(10))
            await shop.eventually("the last export") { exporter.items == [0, 1, 2, 3] }
        }
    }

    @Test func `senders wait for the queue behind a stage if it says so`() async throws {
        try await Workshop.run { shop in
            let gate = Gate()
            let exporter = ScriptedExporter(gate.script)
            let queue = try shop.queue(exporter) {
                $0.queue.sizeLimit = 1
                $0.queue.blocksOnOverflow = true
            }
            let inlet = shop.inlet(to: shop.stage(Holding(count: 1), to: queue))
            for number in 0..<2 {
                #expect(await inlet.deliver(.numbered(number..<number + 1)) == nil)
            }

            async let waiting = inlet.deliver(.numbered(2..<3))
            await shop.eventually("a sender") { inlet.account.incoming.value == 3 }
            #expect(inlet.account.outgoing.value == 2)
            gate.open()

            #expect(await waiting == nil)
            await shop.eventually("three exports") { exporter.items == [0, 1, 2] }
        }
    }

    @Test func `one exporter that will never take a batch takes it from no other`() async throws {
        try await Workshop.run { shop in
            let exporter = ScriptedExporter()
            let narrow = try shop.queue(ScriptedExporter()) {
                $0.queue.sizer = .items
                $0.queue.sizeLimit = 1
            }
            let stage = shop.stage(Holding(count: 1), to: narrow, try shop.queue(exporter))

            #expect(stage.offer(.numbered(0..<3)) == nil)
            await shop.eventually("an export") { exporter.items == [0, 1, 2] }

            #expect(stage.account.books == Books(outgoing: 3))
            #expect(narrow.account.books == Books(dropped: ["larger_than_queue": 3]))
            #expect(
                shop.log.lines == [
                    """
                    error dropped records that will never be taken by=exporter items=3 reason=the \
                    request has 3 items, the whole sending queue takes 1
                    """
                ])
        }
    }

    @Test func `a step behind a stage that never takes a batch is booked as a drop`() async throws {
        try await Workshop.run { shop in
            let refusal = Refusal(reason: "bad", message: "bad", isRetryable: false)
            let queue = try shop.queue(ScriptedExporter())
            let stage = shop.stage(
                Holding(count: 1),
                Route(steps: [shop.step(Acting.refusing(refusal))], intakes: [queue]))

            #expect(stage.offer(.numbered(0..<3)) == nil)

            #expect(stage.account.books == Books(dropped: ["bad": 3]))
        }
    }

    @Test func `what a processor with state hands back is booked as a drop`() async throws {
        try await Workshop.run { shop in
            let stage = shop.stage(RefusingWithState(), to: try shop.queue(ScriptedExporter()))

            #expect(stage.offer(.numbered(0..<3)) == nil)

            #expect(stage.account.books == Books(dropped: ["too_much": 3]))
        }
    }

    // MARK: Stopping

    @Test func `what is held is given up in order when the daemon stops`() async throws {
        try await Workshop.run { shop in
            let exporter = ScriptedExporter()
            let last = shop.stage(Holding(count: 100), to: try shop.queue(exporter))
            let first = shop.stage(Holding(count: 100), to: last)
            for number in 0..<5 { #expect(first.offer(.numbered(number..<number + 1)) == nil) }

            await first.drain(by: .now() + .seconds(10))
            await last.drain(by: .now() + .seconds(10))
            await shop.eventually("all exports") { exporter.items == Array(0..<5) }

            #expect(first.offer(.numbered(0..<1)) == .stopping)
        }
    }

    @Test func `what no exporter takes until the deadline is dropped, counted`() async throws {
        try await Workshop.run { shop in
            let gate = Gate()
            let queue = try shop.queue(ScriptedExporter(gate.script)) { $0.queue.sizeLimit = 1 }
            let stage = shop.stage(Holding(count: 100), to: queue)
            for number in 0..<3 { #expect(stage.offer(.numbered(number..<number + 1)) == nil) }

            await stage.drain(by: .now() + .milliseconds(20))
            gate.open()

            #expect(stage.account.books == Books(outgoing: 1, dropped: ["stopping": 2]))
        }
    }

    @Test func `what was reserved before the stop and arrives after it is booked`() async throws {
        try await Workshop.run { shop in
            let stage = shop.stage(Holding(count: 9), to: try shop.queue(ScriptedExporter()))
            #expect(stage.reserve([.numbered(0..<2)], hasWaited: false).isAdmitted)

            await stage.drain(by: .now() + .seconds(10))
            stage.commit([.numbered(0..<2)], nil)

            #expect(stage.account.books == Books(dropped: ["stopping": 2]))
        }
    }

    // MARK: Everything at once

    // Many senders who repeat what is refused, two stages, a narrow queue and an exporter that
    // often fails: in the end every item was exported exactly once.
    @Test("nothing is lost or doubled", arguments: 1...4 as ClosedRange<UInt64>)
    func conservation(seed: UInt64) async throws {
        try await Workshop.run { shop in
            let exporter = ScriptedExporter { _, attempt in
                (UInt64(attempt) &* 7 &+ seed) % 3 == 0
                    ? .retryable(reason: "no", after: nil) : .exported
            }
            let exported = ScriptedExporter()
            let narrow = try shop.queue(exporter) {
                $0.queue.sizeLimit = 4
                $0.queue.consumerCount = 3
                $0.queue.blocksOnOverflow = seed % 2 == 0
            }
            let last = shop.stage(
                Holding(count: 3, wait: .milliseconds(3)), to: narrow, try shop.queue(exported))
            let first = shop.stage(Holding(count: 2, wait: .milliseconds(1)), to: last)
            let inlet = shop.inlet([shop.step(Acting.splitting)], to: first)

            await withTaskGroup { group in
                for sender in 0..<8 {
                    group.addTask {
                        for turn in 0..<25 {
                            let number = sender * 1_000 + turn * 2
                            while await inlet.deliver(.numbered(number..<number + 2)) != nil {
                                _ = await shop.loop.sleep(for: .milliseconds(1))
                            }
                        }
                    }
                }
            }
            await first.drain(by: .now() + .seconds(20))
            await last.drain(by: .now() + .seconds(20))
            await narrow.drain(by: .now() + .seconds(20), timers: shop.loop)

            await shop.eventually("all exports") { exported.items.count >= 400 }
            let expected = (0..<8).flatMap { sender in (0..<50).map { sender * 1_000 + $0 } }
            #expect(exported.items.sorted() == expected)
            #expect(narrow.account.books == Books(outgoing: 400))
        }
    }
}

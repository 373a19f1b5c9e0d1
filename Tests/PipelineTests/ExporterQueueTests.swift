import Glibc
import OTLP
import Pipeline
import Primitives
import Sockets
import Synchronization
import Telemetry
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5)))
struct ExporterQueueTests {
    @Test func `batches are exported in order, and booked`() async throws {
        try await Workshop.run { shop in
            let exporter = ScriptedExporter()
            let queue = try shop.queue(exporter)

            for number in 0..<20 {
                #expect(queue.offer(.numbered(number..<number + 1)) == nil)
            }
            await shop.eventually("20 exported items") { queue.account.outgoing.value == 20 }

            #expect(exporter.items == Array(0..<20))
            #expect(queue.account.books == Books(outgoing: 20))
        }
    }

    @Test(
        "queue_size counts what the sizer says, in flight included",
        arguments: [
            (sizer: QueueSettings.Sizer.requests, limit: 2, admitted: 2),
            (sizer: .items, limit: 11, admitted: 2),
            (sizer: .bytes, limit: Batch.numbered(0..<5).byteCount * 3, admitted: 3),
        ])
    func sizers(sizer: QueueSettings.Sizer, limit: Int, admitted: Int) async throws {
        try await Workshop.run { shop in
            let gate = Gate()
            let exporter = ScriptedExporter(gate.script)
            let queue = try shop.queue(exporter) {
                $0.queue.sizer = sizer
                $0.queue.sizeLimit = limit
            }

            let refusals = (0..<4).map { _ in queue.offer(.numbered(0..<5)) }
            await shop.eventually("an attempt") { gate.letOnePass() }
            await shop.eventually("room for one more") { queue.offer(.numbered(0..<5)) == nil }
            gate.open()

            #expect(refusals.prefix(admitted).allSatisfy { $0 == nil })
            #expect(refusals.dropFirst(admitted).allSatisfy { $0?.reason == "queue_full" })
            #expect(refusals.last??.isRetryable == true)
        }
    }

    @Test func `a request larger than the queue is refused for good`() async throws {
        try await Workshop.run { shop in
            let queue = try shop.queue(ScriptedExporter()) {
                $0.queue.sizer = .items
                $0.queue.sizeLimit = 10
                $0.queue.blocksOnOverflow = true
            }

            #expect(
                queue.offer(.numbered(0..<11))
                    == Refusal(
                        reason: "larger_than_queue",
                        message: "the request has 11 items, the whole sending queue takes 10",
                        isRetryable: false))
            #expect(queue.offer(.numbered(0..<10)) == nil)
        }
    }

    @Test func `several batches get room together or not at all`() async throws {
        try await Workshop.run { shop in
            let queue = try shop.queue(ScriptedExporter(), starts: false) {
                $0.queue.sizeLimit = 3
            }
            let two = [Batch.numbered(0..<1), .numbered(1..<2)]

            #expect(queue.reserve(two, hasWaited: false).isAdmitted)
            #expect(queue.reserve(two, hasWaited: false).refusal?.reason == "queue_full")
            #expect(queue.reserve([two[0]], hasWaited: false).isAdmitted)
            queue.cancel(two)
            #expect(queue.reserve(two, hasWaited: false).isAdmitted)
        }
    }

    // MARK: Retries

    @Test func `a failed batch is tried again until it is exported`() async throws {
        try await Workshop.run { shop in
            let exporter = ScriptedExporter { _, attempt in
                attempt < 2 ? .retryable(reason: "no", after: nil) : .exported
            }
            let queue = try shop.queue(exporter)

            #expect(queue.offer(.numbered(0..<3)) == nil)
            await shop.eventually("an export") { queue.account.outgoing.value == 3 }

            #expect(exporter.attempts == [[0, 1, 2], [0, 1, 2], [0, 1, 2]])
            #expect(queue.account.books == Books(outgoing: 3))
        }
    }

    @Test func `the next attempt is not before the server's wish`() async throws {
        try await Workshop.run { shop in
            let times = Mutex<[Instant]>([])
            let exporter = ScriptedExporter { _, attempt in
                times.withLock { $0.append(.now()) }
                return attempt == 0
                    ? .retryable(reason: "busy", after: .milliseconds(60)) : .exported
            }
            let queue = try shop.queue(exporter)

            #expect(queue.offer(.numbered(0..<1)) == nil)
            await shop.eventually("an export") { queue.account.outgoing.value == 1 }

            let both = times.withLock { $0 }
            #expect(both[1] - both[0] >= .milliseconds(60))
        }
    }

    @Test(
        "a batch that cannot be exported is dropped with its reason",
        arguments: [
            (ExportResult.retryable(reason: "down", after: nil), "retries_exhausted"),
            (.retryable(reason: "down", after: .seconds(3600)), "retries_exhausted"),
            (.permanent(reason: "bad"), "permanent_error"),
        ])
    func drops(result: ExportResult, reason: String) async throws {
        try await Workshop.run { shop in
            let queue = try shop.queue(ScriptedExporter { _, _ in result }) {
                $0.retry.elapsedLimit = .milliseconds(20)
            }

            #expect(queue.offer(.numbered(0..<3)) == nil)
            await shop.eventually("a drop") { queue.account.dropped.total == 3 }

            #expect(queue.account.books == Books(dropped: [reason: 3]))
        }
    }

    @Test(
        "what a backend rejects of a batch is booked, and never more than there was",
        arguments: [(2, 1), (-1, 3), (9, 0)])
    func partialRejection(rejected: Int, exported: Int) async throws {
        try await Workshop.run { shop in
            let exporter = ScriptedExporter { _, _ in
                .partlyRejected(count: rejected, message: "too old")
            }
            let queue = try shop.queue(exporter)

            #expect(queue.offer(.numbered(0..<3)) == nil)
            await shop.eventually("an end") { queue.account.unaccounted == 0 }
            await shop.eventually("nothing held") { queue.account.held.value == 0 }

            #expect(queue.account.outgoing.value == exported)
        }
    }

    // MARK: Results

    @Test(
        "a sender who waits for the result learns it after one attempt",
        arguments: [
            (ExportResult.exported, Refusal?.none),
            (.partlyRejected(count: 1, message: ""), nil),
            (
                .retryable(reason: "down", after: .seconds(7)),
                Refusal(
                    reason: "export_failed", message: "exporting failed: down",
                    retryAfter: .seconds(7))
            ),
            (
                .permanent(reason: "bad"),
                Refusal(reason: "export_failed", message: "bad", isRetryable: false)
            ),
        ])
    func results(result: ExportResult, refusal: Refusal?) async throws {
        try await Workshop.run { shop in
            let exporter = ScriptedExporter { _, _ in result }
            let inlet = shop.inlet(to: try shop.queue(exporter) { $0.queue.waitsForResult = true })

            #expect(await inlet.deliver(.numbered(0..<2)) == refusal)
            #expect(exporter.attempts.count == 1)
        }
    }

    // MARK: Stopping

    @Test func `what waits is sent before the end`() async throws {
        try await Workshop.run { shop in
            let exporter = ScriptedExporter()
            let queue = try shop.queue(exporter, starts: false)
            for number in 0..<10 { _ = queue.offer(.numbered(number..<number + 1)) }

            queue.start()
            await queue.drain(by: .now() + .seconds(10), timers: shop.loop)

            #expect(exporter.items == Array(0..<10))
            #expect(queue.account.books == Books(outgoing: 10))
            #expect(queue.offer(.numbered(0..<1)) == .stopping)
        }
    }

    @Test func `stopping does not wait for the end of a long back-off`() async throws {
        try await Workshop.run { shop in
            let exporter = ScriptedExporter { _, attempt in
                attempt < 3 ? .retryable(reason: "down", after: nil) : .exported
            }
            let queue = try shop.queue(exporter) { $0.retry.initialInterval = .seconds(200) }
            _ = queue.offer(.numbered(0..<1))
            await shop.eventually("a first attempt") { exporter.attempts.count == 1 }

            let start = Instant.now()
            await queue.drain(by: start + .seconds(100), timers: shop.loop)

            #expect(Instant.now() - start < .seconds(50))
            #expect(queue.account.books == Books(outgoing: 1))
        }
    }

    @Test func `what no backend takes until the deadline is dropped, counted`() async throws {
        try await Workshop.run { shop in
            let exporter = ScriptedExporter { _, _ in .retryable(reason: "down", after: nil) }
            let queue = try shop.queue(exporter)
            for number in 0..<3 { _ = queue.offer(.numbered(number..<number + 1)) }

            let start = Instant.now()
            await queue.drain(by: start + .milliseconds(100), timers: shop.loop)

            #expect(Instant.now() - start < .seconds(60))
            #expect(queue.account.books == Books(dropped: ["stopping": 3]))
        }
    }

    @Test func `an attempt that hangs is left behind, and has no say when it ends`() async throws {
        try await Workshop.run { shop in
            let gate = Gate()
            let exporter = ScriptedExporter(gate.script)
            let queue = try shop.queue(exporter)
            for number in 0..<3 { _ = queue.offer(.numbered(number..<number + 1)) }
            await shop.eventually("an attempt") { exporter.attempts.count == 1 }

            await queue.drain(by: .now() + .milliseconds(20), timers: shop.loop)
            let books = queue.account.books
            gate.open()
            _ = await shop.loop.sleep(for: .milliseconds(20))

            #expect(books == Books(dropped: ["stopping": 3]))
            #expect(queue.account.books == books)
            #expect(
                shop.log.lines == [
                    """
                    error dropped records that could not be sent before the deadline \
                    component=exporter dropped_items=3
                    """
                ])
        }
    }

    // As standard output does when nobody reads it.
    @Test func `an attempt that blocks its thread holds up no stop`() async throws {
        try await Workshop.run { shop in
            let mutex = Mutex(false)
            let exporter = ScriptedExporter { _, _ in
                while !mutex.withLock({ $0 }) { usleep(1_000) }
                return .exported
            }
            let queue = try shop.queue(exporter)
            _ = queue.offer(.numbered(0..<2))
            await shop.eventually("an attempt") { exporter.attempts.count == 1 }

            await queue.drain(by: .now() + .milliseconds(20), timers: shop.loop)
            mutex.withLock { $0 = true }

            #expect(queue.account.books == Books(dropped: ["stopping": 2]))
        }
    }

    @Test func `senders who wait for a result hear of the stop`() async throws {
        try await Workshop.run { shop in
            let gate = Gate()
            let exporter = ScriptedExporter(gate.script)
            let queue = try shop.queue(exporter) { $0.queue.waitsForResult = true }
            let inlet = shop.inlet(to: queue)

            async let first = inlet.deliver(.numbered(0..<1))
            async let second = inlet.deliver(.numbered(1..<2))
            await shop.eventually("two batches") { queue.account.held.value == 2 }
            await queue.drain(by: .now() + .milliseconds(20), timers: shop.loop)

            #expect(await [first, second] == [.stopping, .stopping])
            gate.open()
            #expect(queue.account.books == Books(refused: ["stopping": 2]))
        }
    }

    @Test func `a queue that was never started stops at once`() async throws {
        try await Workshop.run { shop in
            let queue = try shop.queue(ScriptedExporter(), starts: false)
            _ = queue.offer(.numbered(0..<2))

            await queue.drain(by: .now() + .seconds(3600), timers: shop.loop)

            #expect(queue.account.books == Books(dropped: ["stopping": 2]))
        }
    }

    @Test func `what was reserved before the stop and arrives after it is booked`() async throws {
        try await Workshop.run { shop in
            let queue = try shop.queue(ScriptedExporter())
            let batches = [Batch.numbered(0..<2)]
            let receipt = Receipt(pending: 1)
            #expect(queue.reserve(batches, hasWaited: false).isAdmitted)
            #expect(queue.reserve(batches, hasWaited: false).isAdmitted)

            await queue.drain(by: .now() + .seconds(10), timers: shop.loop)
            queue.commit(batches, nil)
            queue.commit(batches, receipt)

            #expect(await receipt.outcome() == .stopping)
            #expect(
                queue.account.books == Books(dropped: ["stopping": 2], refused: ["stopping": 2]))
        }
    }
}

import ComponentTesting
import OTLP
import Pipeline
import Primitives
import Processors
import TestSupport
import Testing

struct BatchProcessorTests {
    private typealias Driver = ProcessorsTests.Driver<BatchProcessor>
    private typealias Sending = Driver.Sending

    // MARK: Size

    @Test func `send_batch_size makes everything pending leave, and is no cap`() {
        var driver = Driver("{send_batch_size: 5, timeout: 1s}")

        driver.give(.numbered(0..<3))
        driver.give(.numbered(3..<4))
        let before = driver.sent
        driver.give(.numbered(4..<13))

        #expect(before == [])
        #expect(driver.sent == [Sending(time: .zero, items: Array(0..<13))])
        #expect(driver.processor.heldItems == 0)
    }

    @Test func `send_batch_max_size splits, and keeps what does not reach the trigger`() {
        var driver = Driver("{send_batch_size: 4, send_batch_max_size: 5, timeout: 1s}")

        driver.give(.numbered(0..<13))

        #expect(driver.sent.map(\.items) == [Array(0..<5), Array(5..<10)])
        #expect(driver.processor.heldItems == 3)
    }

    @Test func `a batch of exactly send_batch_max_size is not split`() {
        var driver = Driver("{send_batch_size: 5, send_batch_max_size: 5, timeout: 1s}")

        driver.give(.numbered(0..<5))

        #expect(driver.sentSizes == [5])
    }

    @Test func `metrics are counted, and split, by data points`() {
        var driver = Driver("{send_batch_size: 4, send_batch_max_size: 4, timeout: 1s}")

        driver.give(.numbered(0..<3, .metrics))
        driver.give(.numbered(3..<10, .metrics))

        #expect(driver.sent.map(\.items) == [Array(0..<4), Array(4..<8)])
        #expect(driver.processor.heldItems == 2)
    }

    // MARK: The timer

    @Test func `the timer runs freely from the last batch sent for size`() {
        var driver = Driver("{send_batch_size: 2, timeout: 100ms}")
        driver.give(.numbered(0..<2))

        driver.wait(.milliseconds(250))
        driver.give(.numbered(2..<3))
        driver.wait(.milliseconds(500))

        // Ticks come at 100, 200, 300 ms: the record waits 50 ms, not 100.
        #expect(driver.sent.last == Sending(time: .milliseconds(300), items: [2]))
    }

    @Test func `a batch sent for size starts the timer anew`() {
        var driver = Driver("{send_batch_size: 2, timeout: 100ms}")
        driver.give(.numbered(0..<2))

        driver.wait(.milliseconds(90))
        driver.give(.numbered(2..<5))
        driver.wait(.milliseconds(5))
        driver.give(.numbered(5..<6))
        driver.wait(.milliseconds(500))

        #expect(
            driver.sent.dropFirst() == [
                Sending(time: .milliseconds(90), items: [2, 3, 4]),
                Sending(time: .milliseconds(190), items: [5]),
            ])
    }

    @Test func `a late tick starts the timer anew`() {
        var driver = Driver("{send_batch_size: 2, timeout: 100ms}")
        driver.give(.numbered(0..<2))
        driver.give(.numbered(2..<3))

        driver.oversleep(.milliseconds(130))
        driver.advance()
        driver.give(.numbered(3..<4))
        driver.wait(.milliseconds(500))

        #expect(
            driver.sent.dropFirst() == [
                Sending(time: .milliseconds(130), items: [2]),
                Sending(time: .milliseconds(230), items: [3]),
            ])
    }

    @Test func `it wants to be woken only while it holds something`() {
        var driver = Driver("{send_batch_size: 2, timeout: 100ms}")

        #expect(driver.processor.wakeAt == nil)
        driver.give(.numbered(0..<1))
        #expect(driver.processor.wakeAt.map { $0 > driver.now } == true)
        driver.give(.numbered(1..<2))
        #expect(driver.processor.wakeAt == nil)
    }

    @Test func `being woken before the tick changes nothing`() {
        var driver = Driver("{send_batch_size: 2, timeout: 100ms}")
        driver.give(.numbered(0..<2))
        driver.give(.numbered(2..<3))

        driver.oversleep(.milliseconds(99))
        driver.advance()

        #expect(driver.sent.count == 1)
    }

    @Test(
        "without a timer every input leaves at once, cut to send_batch_max_size",
        arguments: [
            "{timeout: 0}", "{send_batch_size: 0}", "{timeout: 0s, send_batch_size: 0}",
            "{timeout: 0, send_batch_size: 4, send_batch_max_size: 4}",
            "{send_batch_size: 0, send_batch_max_size: 4}",
        ])
    func noTimer(options: String) {
        var driver = Driver(options)

        driver.give(.numbered(0..<1))
        driver.give(.numbered(1..<10))

        let rest =
            options.contains("max_size") ? [[1, 2, 3, 4], [5, 6, 7, 8], [9]] : [Array(1..<10)]
        #expect(driver.sent.map(\.items) == [[0]] + rest)
        #expect(driver.processor.wakeAt == nil)
    }

    // MARK: The end

    @Test func `what is pending leaves when the daemon stops`() {
        var driver = Driver("{}")
        driver.give(.numbered(0..<7))
        driver.give(.numbered(7..<9))

        driver.drain()

        #expect(driver.sent.map(\.items) == [Array(0..<9)])
        #expect(driver.processor.heldItems == 0)
    }

    @Test func `an input without items vanishes`() {
        var driver = Driver("{timeout: 0}")

        driver.give(Batch(.traces))
        driver.drain()

        #expect(driver.sent == [])
    }

    // Any options, any inputs at any times, woken in time or late: items leave in the order in
    // which they came, none is lost or doubled, none waits longer than the timeout, and no batch is
    // too large.
    @Test(
        "items are preserved", arguments: 1...120 as ClosedRange<UInt64>)
    func preservation(seed: UInt64) {
        var dice = SeededGenerator(seed: seed)
        let signal = Signal.allCases.randomElement(using: &dice) ?? .traces
        let sendSize = Int.random(in: 0...12, using: &dice)
        let sizeLimit =
            Bool.random(using: &dice) ? 0 : sendSize + Int.random(in: 1...6, using: &dice)
        let timeout = Int.random(in: 0...50, using: &dice)
        var driver = Driver(
            """
            {timeout: \(timeout)ms, send_batch_size: \(sendSize), send_batch_max_size: \(sizeLimit)}
            """)
        let isPunctual = Bool.random(using: &dice)
        var arrivals: [Duration] = []
        var elapsed = Duration.zero

        for _ in 0..<60 {
            let count = Int.random(in: 0...15, using: &dice)
            driver.give(.numbered(arrivals.count..<arrivals.count + count, signal))
            arrivals += [Duration](repeating: elapsed, count: count)
            let pause = Duration.milliseconds(Int.random(in: 0...30, using: &dice))
            elapsed += pause
            isPunctual ? driver.wait(pause) : driver.oversleep(pause)
            if !isPunctual, Bool.random(using: &dice) { driver.advance() }
            #expect(driver.unaccounted == 0)
        }
        driver.drain()

        #expect(driver.sentItems == Array(0..<arrivals.count))
        #expect(driver.unaccounted == 0)
        #expect(sizeLimit == 0 || driver.sentSizes.allSatisfy { $0 <= sizeLimit })
        guard isPunctual else { return }
        for sending in driver.sent {
            for item in sending.items {
                #expect(sending.time - arrivals[item] <= .milliseconds(timeout))
            }
        }
    }

    // MARK: Options

    @Test(
        "a mistake in its options is reported",
        arguments: [
            (
                "{send_batch_max_size: 10}",
                """
                error: processors.batch.send_batch_max_size is 10, but must not be less than \
                send_batch_size, which is 8192
                """
            ),
            (
                "{metadata_keys: [tenant]}",
                """
                error: processors.batch.metadata_keys is not in this build yet: batches by client \
                metadata
                """
            ),
        ])
    func mistakes(options: String, message: String) {
        let made = SectionText(options, path: "processors.batch") { BatchProcessor(from: &$0) }

        #expect(made.messages == [message])
    }

    @Test func `the defaults are otelcol's`() {
        var driver = Driver("{}")

        driver.give(.numbered(0..<8_191))
        let held = driver.processor.heldItems
        driver.give(.numbered(8_191..<8_192))
        driver.give(.numbered(8_192..<8_193))
        driver.wait(.milliseconds(200))

        #expect(held == 8_191)
        #expect(driver.sentSizes == [8_192, 1])
        #expect(driver.sent.last?.time == .milliseconds(200))
    }
}

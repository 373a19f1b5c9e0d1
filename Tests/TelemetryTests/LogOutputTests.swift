import Glibc
import Logging
import Synchronization
import Testing

@testable import Telemetry

struct LogOutputTests {
    @Test func `a console line holds time, level, component, message and sorted fields`() {
        let log = RecordedLog(encoding: .console)

        log.logger.info("listening", metadata: ["port": "4318", "address": "a b"])

        #expect(
            log.text == """
                2026-01-31T12:00:00.007Z info receiver/otlp: listening address="a b" port=4318

                """)
    }

    @Test func `a json line escapes what a peer could use to forge one`() {
        let log = RecordedLog(encoding: .json)

        log.logger.error("refused", metadata: ["peer": "x\"\n{\u{1}"])

        #expect(
            log.text == #"""
                {"level":"error","ts":"2026-01-31T12:00:00.007Z","logger":"receiver/otlp",\#
                "msg":"refused","peer":"x\"\n{\u0001"}

                """#)
    }

    @Test func `an event below the level is not written`() {
        let log = RecordedLog(encoding: .console)

        log.logger.debug("noise")

        #expect(log.text == "")
    }

    @Test func `a repeated event is counted, and the count is told in the next interval`() {
        let log = RecordedLog(encoding: .console)
        for _ in 0..<100 { log.logger.warning("sink refused") }
        log.logger.warning("another event")
        log.advance(seconds: 11)

        log.logger.warning("sink refused")

        let lines = log.text.split(separator: "\n")
        #expect(lines.count == LogOutput.burstLimit + 2)
        #expect(lines.last?.hasSuffix("sink refused repeated=95") == true)
    }

    @Test func `a notice is written however often it comes`() {
        let log = RecordedLog(encoding: .console)

        for _ in 0..<100 { log.logger.notice("Traces") }

        #expect(log.text.split(separator: "\n").count == 100)
    }

    @Test func `repeats that were never told are told at the end`() {
        let log = RecordedLog(encoding: .console)
        for _ in 0..<7 { log.logger.warning("sink refused") }

        log.output.flushRepeats()
        log.output.flushRepeats()

        let lines = log.text.split(separator: "\n")
        #expect(lines.count == LogOutput.burstLimit + 1)
        #expect(lines.last?.hasSuffix("repeated=2") == true)
    }
}

/// A log that writes to a pipe, at a time that the test sets.
private final class RecordedLog: Sendable {
    let output: LogOutput
    let logger: Logger
    private let readEnd: Int32
    private let writeEnd: Int32
    private let seconds: Clock

    private final class Clock: Sendable {
        let seconds = Mutex(1_769_860_800)  // 2026-01-31T12:00:00Z
    }

    init(encoding: LogEncoding) {
        var ends: [Int32] = [0, 0]
        precondition(pipe(&ends) == 0)
        (readEnd, writeEnd) = (ends[0], ends[1])
        _ = fcntl(readEnd, F_SETFL, O_NONBLOCK)
        let clock = Clock()
        seconds = clock
        output = LogOutput(descriptor: writeEnd, encoding: encoding) {
            timespec(tv_sec: clock.seconds.withLock { $0 }, tv_nsec: 7_000_000)
        }
        logger = DaemonLog.logger("receiver/otlp", level: .info, output: output)
    }

    deinit {
        close(readEnd)
        close(writeEnd)
    }

    func advance(seconds passed: Int) {
        seconds.seconds.withLock { $0 += passed }
    }

    var text: String {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = read(readEnd, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
}

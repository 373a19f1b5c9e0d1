import Glibc
import Logging
import Synchronization

/// How a line of the daemon's own log looks. (`service::telemetry::logs::encoding`)
package enum LogEncoding: String, CaseIterable, Sendable {
    case console, json
}

/// Where the daemon's own log goes, and the rule that keeps a repeated event from filling it.
///
/// An event is its level, component and message; its fields may differ. In each interval the
/// first `burstLimit` of an event are written, the rest are counted, and the next one written
/// carries `repeated=<count>`. `flushRepeats` writes the counts of events that did not come again.
/// Notices are exempt: they are output that somebody asked for, such as the debug exporter's.
package final class LogOutput: Sendable {
    /// Written per event and interval before counting begins: enough to see a pattern.
    static let burstLimit = 5
    static let interval: UInt64 = 10_000_000_000
    /// Events remembered at once; beyond it the memory is cleared, which only repeats some lines.
    static let eventLimit = 1_024

    /// What identifies an event.
    private struct Event: Hashable {
        let level: Logger.Level
        let label: String
        let message: String
    }

    /// How often an event came in its current interval.
    private struct Repeats {
        var intervalStart: UInt64
        var written: Int
        var suppressed: Int
    }

    private let descriptor: Int32
    private let encoding: LogEncoding
    private let wallClock: @Sendable () -> timespec
    private let repeats = Mutex<[Event: Repeats]>([:])

    /// - Parameter descriptor: Stays open and belongs to the caller; 2 is standard error.
    package init(
        descriptor: Int32 = 2, encoding: LogEncoding = .console,
        wallClock: @escaping @Sendable () -> timespec = LogOutput.systemTime
    ) {
        self.descriptor = descriptor
        self.encoding = encoding
        self.wallClock = wallClock
    }

    package static func systemTime() -> timespec {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return time
    }

    func write(
        _ level: Logger.Level, _ label: String, _ message: String, _ fields: Logger.Metadata
    ) {
        let time = wallClock()
        let event = Event(level: level, label: label, message: message)
        let now = UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
        if level == .notice {
            return emit(LogLine(time, level, label, message, fields, repeated: 0))
        }
        guard let suppressed = repeats.withLock({ Self.admit(event, at: now, in: &$0) }) else {
            return
        }
        emit(LogLine(time, level, label, message, fields, repeated: suppressed))
    }

    /// Writes what was counted and not yet said. Called at the end of the daemon and now and then.
    package func flushRepeats() {
        let time = wallClock()
        let pending = repeats.withLock { repeats in
            let pending = repeats.filter { $0.value.suppressed > 0 }
            repeats = [:]
            return pending
        }
        for (event, repeats) in pending {
            emit(
                LogLine(
                    time, event.level, event.label, event.message, [:],
                    repeated: repeats.suppressed))
        }
    }

    /// The number of suppressed repeats to mention, or `nil` if the event is only counted.
    private static func admit(
        _ event: Event, at now: UInt64, in repeats: inout [Event: Repeats]
    ) -> Int? {
        if repeats.count >= eventLimit { repeats = [:] }
        var entry = repeats[event] ?? Repeats(intervalStart: now, written: 0, suppressed: 0)
        defer { repeats[event] = entry }
        if now &- entry.intervalStart >= interval {
            defer { entry = Repeats(intervalStart: now, written: 1, suppressed: 0) }
            return entry.suppressed
        }
        if entry.written < burstLimit {
            entry.written += 1
            return 0
        }
        entry.suppressed += 1
        return nil
    }

    /// One write(2) per line, so that lines of several threads do not mix.
    private func emit(_ line: LogLine) {
        var text = encoding == .json ? line.json : line.console
        text += "\n"
        text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while rest.count > 0 {
                let written = Glibc.write(descriptor, rest.baseAddress, rest.count)
                if written < 0 && errno == EINTR { continue }
                // A log that cannot be written must not stop the daemon.
                guard written > 0 else { return }
                rest = UnsafeRawBufferPointer(rebasing: rest[written...])
            }
        }
    }
}

import Glibc

/// The time of day, for what people and other hosts read: log lines, `Date` headers, file names.
///
/// It may jump, so nothing waits by it; that is what `Instant` is for.
package enum WallClock {
    /// Whole seconds since 1970-01-01T00:00:00Z, without leap seconds. (clock_gettime(2))
    package static func secondsSince1970() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return time.tv_sec
    }

    /// As telemetry has it.
    package static func nanosecondsSince1970() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UInt64(max(time.tv_sec, 0)) &* 1_000_000_000 &+ UInt64(max(time.tv_nsec, 0))
    }
}

import Glibc

/// A point on the monotonic clock, in nanoseconds since an arbitrary start.
///
/// Deciding code is given an `Instant` and never asks for one, so tests and replays set the time.
/// Wall-clock jumps do not move it. (`CLOCK_MONOTONIC`, clock_gettime(2).)
@usableFromInline package struct Instant: Comparable, Hashable, Sendable {
    @usableFromInline package var nanoseconds: UInt64

    @inlinable
    package init(nanoseconds: UInt64) {
        self.nanoseconds = nanoseconds
    }

    /// What the clock says. Only edges and loops call this.
    package static func now() -> Instant {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Instant(nanoseconds: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
    }

    package static let distantFuture = Instant(nanoseconds: .max)

    @inlinable
    package static func < (left: Instant, right: Instant) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// Later by `duration`, at most `distantFuture`; a negative duration moves back, at most to 0.
    package static func + (instant: Instant, duration: Duration) -> Instant {
        if duration >= .zero {
            let (sum, overflow) = instant.nanoseconds.addingReportingOverflow(
                duration.clampedNanoseconds)
            return overflow ? .distantFuture : Instant(nanoseconds: sum)
        }
        let back = (Duration.zero - duration).clampedNanoseconds
        return Instant(nanoseconds: instant.nanoseconds > back ? instant.nanoseconds - back : 0)
    }

    /// The time from `right` to `left`, negative if `left` is the earlier one.
    package static func - (left: Instant, right: Instant) -> Duration {
        left >= right
            ? .nanoseconds(Int64(clamping: left.nanoseconds - right.nanoseconds))
            : .nanoseconds(-Int64(clamping: right.nanoseconds - left.nanoseconds))
    }
}

extension Duration {
    /// Whole nanoseconds, 0 for negative durations and `UInt64.max` for those beyond 584 years.
    package var clampedNanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard self > .zero else { return 0 }
        let (whole, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, overflow2) = whole.addingReportingOverflow(UInt64(attoseconds / 1_000_000_000))
        return overflow || overflow2 ? .max : sum
    }
}

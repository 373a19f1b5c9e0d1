import Primitives
import Synchronization

/// Notices that senders bring more than an exporter takes, although it works.
///
/// A queue counts requests by default, and a thousand of them can be gigabytes. So beyond
/// `sizeMark` bytes senders are answered a little later, which slows those down who wait for an
/// answer before they send more; nobody is refused. While the exporter does not get anything
/// through, an outage, its queue fills at once and as far as it is configured to.
///
/// Any thread may call it; it is asked once a request, so it is two atomics and no lock.
final class Pace: Sendable {
    /// A few batches of 8,192 spans, enough to keep an exporter busy.
    static let sizeMark = 16 << 20
    /// How recently something must have got through for the exporter to be at work.
    static let workTime = Duration.milliseconds(500)

    /// Bytes waiting and on their way.
    private let heldSize = Atomic<Int>(0)
    /// When something got through last, in nanoseconds of the monotonic clock.
    private let lastSuccess = Atomic<UInt64>(0)

    func began(_ size: Int) {
        heldSize.add(size, ordering: .relaxed)
    }

    func ended(_ size: Int, isSuccess: Bool, at now: Instant) {
        heldSize.subtract(size, ordering: .relaxed)
        if isSuccess { lastSuccess.store(now.nanoseconds, ordering: .relaxed) }
    }

    func isExceeded(at now: Instant) -> Bool {
        guard heldSize.load(ordering: .relaxed) > Self.sizeMark else { return false }
        let last = Instant(nanoseconds: lastSuccess.load(ordering: .relaxed))
        return now < last + Self.workTime
    }
}

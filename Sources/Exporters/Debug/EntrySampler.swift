import OTLP
import Primitives

/// `sampling_initial` and `sampling_thereafter`: how many batches of a signal are shown.
///
/// In each second the first `initial` are, then each `thereafter`-th; 0 means no more of them. This
/// is zap's rule, applied to whole batches, so that a summary and its text are never parted.
struct EntrySampler {
    private static let interval = Duration.seconds(1)

    let initial: Int
    let thereafter: Int
    private var counts: [Signal: Int] = [:]
    private var intervalEnd = Instant(nanoseconds: 0)

    init(initial: Int, thereafter: Int) {
        self.initial = initial
        self.thereafter = thereafter
    }

    mutating func admits(_ signal: Signal, at now: Instant) -> Bool {
        if now >= intervalEnd {
            counts = [:]
            intervalEnd = now + Self.interval
        }
        counts[signal, default: 0] += 1
        let beyond = (counts[signal] ?? 0) - initial
        return beyond <= 0 || thereafter > 0 && beyond % thereafter == 0
    }
}

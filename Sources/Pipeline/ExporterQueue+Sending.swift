import Logging
import OTLP
import Primitives
import Sockets

/// One batch's way through attempts and retries. Runs on the exporter's thread.
extension ExporterQueue {
    /// How often a batch is tried once the daemon stops, whatever the configuration says: an
    /// attempt in time is worth more than the backend's rest.
    private static let pauseLimitWhenStopping = Duration.milliseconds(200)

    func send(_ item: Item, pausing pause: Alarm) async -> Fate {
        var backoff = Backoff(settings.retry, firstAttempt: .now())
        while true {
            switch await exporter.export(item.batch) {
            case .exported:
                return .exported(rejected: 0)
            case .partlyRejected(let count, let message):
                return partlyRejected(item, count, message)
            case .permanent(let reason):
                return permanent(item, reason)
            case .retryable(let reason, let after):
                if item.receipt != nil { return handedBack(item, reason, after) }
                guard
                    case .wait(let wait) = backoff.next(
                        at: .now(), serverDelay: after, dice: .random(in: -1...1))
                else { return dropped(item, reason, as: "retries_exhausted") }
                logger.log(
                    level: settings.failureLevel, "exporting failed, it will be tried again",
                    metadata: ["reason": "\(reason)", "interval": "\(wait.rounded)"])
                guard await rest(wait, pause) else {
                    return dropped(item, reason, as: Refusal.stopping.reason)
                }
            }
        }
    }

    /// Waits before the next attempt; `false` if the daemon ends before it.
    private func rest(_ wait: Duration, _ pause: Alarm) async -> Bool {
        let now = Instant.now()
        guard let deadline else {
            // Ends early when the daemon begins to stop.
            _ = await pause.wait(until: now + wait)
            return !loop.isStopping
        }
        if now >= deadline { return false }
        _ = await pause.wait(until: min(deadline, now + min(wait, Self.pauseLimitWhenStopping)))
        return Instant.now() < deadline && !loop.isStopping
    }

    /// The sender waits for the result and is told; trying again is up to it.
    private func handedBack(_ item: Item, _ reason: String, _ after: Duration?) -> Fate {
        logger.log(
            level: settings.failureLevel, "exporting failed, the sender keeps its records",
            metadata: ["reason": "\(reason)", "items": "\(item.batch.itemCount)"])
        return .refused(
            Refusal(
                reason: "export_failed", message: "exporting failed: \(reason)",
                retryAfter: after ?? .seconds(1)))
    }

    private func partlyRejected(_ item: Item, _ count: Int, _ message: String) -> Fate {
        if count > 0 || !message.isEmpty {
            logger.warning(
                "the backend took a batch partly",
                metadata: [
                    "message": "\(message)", "rejected_items": "\(count)",
                    "signal": "\(item.batch.signal)",
                ])
        }
        return .exported(rejected: min(max(count, 0), item.batch.itemCount))
    }

    private func permanent(_ item: Item, _ reason: String) -> Fate {
        if item.receipt != nil {
            return .refused(
                Refusal(reason: "export_failed", message: reason, isRetryable: false))
        }
        return dropped(item, reason, as: "permanent_error")
    }

    /// - Parameter label: The reason in the books, one of few.
    private func dropped(_ item: Item, _ reason: String, as label: String) -> Fate {
        logger.error(
            "exporting failed, records were dropped",
            metadata: [
                "reason": "\(reason)", "dropped_items": "\(item.batch.itemCount)",
                "signal": "\(item.batch.signal)",
            ])
        return .dropped(reason: label)
    }
}

extension Duration {
    /// For messages: seconds with milliseconds.
    fileprivate var rounded: String {
        let milliseconds = clampedNanoseconds / 1_000_000
        let fraction = String(milliseconds % 1_000)
        return
            "\(milliseconds / 1_000).\(String(repeating: "0", count: 3 - fraction.count))\(fraction)s"
    }
}

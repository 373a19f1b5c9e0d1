import Configuration
import Logging
import Primitives

/// Everything that stands between a pipeline and one attempt to export.
package struct DeliverySettings: Sendable, Equatable {
    package var queue = QueueSettings()
    package var retry = RetrySettings()
    /// How loud a failure is that may pass. A backend that is away comes back by itself; a full
    /// disk needs someone.
    package var failureLevel = Logger.Level.warning

    package init() {}
}

/// How an exporter is delivered to unless configured.
package enum DeliveryDefaults: Sendable {
    /// `sending_queue` and `retry_on_failure` are options, the queue is on.
    case queued
    /// No options. The sender is answered when the batch has left (file, console); what came
    /// through a processor with state is retried without end.
    case direct
}

/// `sending_queue`: what waits in memory for an exporter.
///
/// Keys, defaults and meaning are otelcol's (exporterhelper).
package struct QueueSettings: Sendable, Equatable {
    /// What `queue_size` counts.
    package enum Sizer: String, CaseIterable, Sendable {
        case requests, items, bytes
    }

    package var consumerCount = 10
    /// Waiting and being sent, in units of `sizer`.
    package var sizeLimit = 1_000
    package var sizer = Sizer.requests
    package var blocksOnOverflow = false
    package var waitsForResult = false

    package init() {}

    init(from section: inout Section) {
        consumerCount = section.take(
            "num_consumers", default: 10, in: 1...1_000, "batches sent at the same time")
        sizeLimit = section.take(
            "queue_size", default: 1_000, in: 1 ... .max,
            "what may wait or be on its way, in units of sizer; beyond it senders get 503")
        sizer = section.take(
            "sizer", default: .requests, "what queue_size counts: requests, items or bytes")
        blocksOnOverflow = section.take(
            "block_on_overflow", default: false, "let senders wait for room instead of refusing")
        waitsForResult = section.take(
            "wait_for_result", default: false,
            "answer a sender only when its batch was exported; failures go back to it")
        section.refuseUnsupported("storage", "a queue on disk")
        section.refuseUnsupported(
            "batch", "batching in the exporter", hint: "use the batch processor")
    }

    /// `enabled: false`: senders wait for the export itself.
    static var synchronous: QueueSettings {
        var settings = QueueSettings()
        settings.waitsForResult = true
        return settings
    }
}

/// `retry_on_failure`: how long to wait between attempts, and when to give up.
///
/// Keys and defaults are otelcol's (config/configretry).
package struct RetrySettings: Sendable, Equatable {
    package var isEnabled = true
    package var initialInterval = Duration.seconds(5)
    /// Each wait is the interval times a random factor in 1 ± this.
    package var randomizationFactor = 0.5
    package var multiplier = 1.5
    package var intervalLimit = Duration.seconds(30)
    /// From the first attempt; zero means for ever.
    package var elapsedLimit = Duration.seconds(300)

    package init() {}

    init(from section: inout Section) {
        let day = Duration.seconds(86_400)
        isEnabled = section.take("enabled", default: true, "whether failed batches are sent again")
        initialInterval = section.take(
            "initial_interval", default: .seconds(5), in: .zero...day,
            "the wait after the first failure")
        randomizationFactor = section.take(
            "randomization_factor", default: 0.5, in: 0...1,
            "each wait is the interval times a random factor in 1 ± this")
        multiplier = section.take(
            "multiplier", default: 1.5, in: 0...1_000, "what the interval grows by")
        intervalLimit = section.take(
            "max_interval", default: .seconds(30), in: .zero...day,
            "the interval grows no further; a server may ask for more")
        elapsedLimit = section.take(
            "max_elapsed_time", default: .seconds(300), in: .zero...day * 365,
            "from the first attempt until records are given up; 0 means never")
        if elapsedLimit > .zero, elapsedLimit < initialInterval {
            section.refuse(
                "max_elapsed_time", "is shorter than initial_interval, so nothing is ever retried",
                hint: "write enabled: false if that is meant")
        }
    }
}

extension DeliverySettings {
    package init(from section: inout Section, defaults: DeliveryDefaults) {
        self.init()
        switch defaults {
        case .queued:
            let doc = "what waits in memory for the exporter; off means that senders wait for it"
            queue =
                section.takeSection("sending_queue", .onUnlessDisabled, doc) {
                    QueueSettings(from: &$0)
                } ?? .synchronous
            retry = section.takeSection("retry_on_failure", "how failed batches are sent again") {
                RetrySettings(from: &$0)
            }
        case .direct:
            becomeDirect()
        }
    }

    /// Keeps what came through a processor with state until it is written, and lets a sender that
    /// came directly wait for that.
    private mutating func becomeDirect() {
        queue.consumerCount = 1
        queue.sizer = .bytes
        queue.sizeLimit = Self.directQueueSizeLimit
        queue.waitsForResult = true
        retry.initialInterval = .seconds(1)
        retry.elapsedLimit = .zero
        failureLevel = .error
    }

    /// Bytes that may wait for a file or a console; a disk that stalls for a moment should not
    /// refuse anyone.
    private static let directQueueSizeLimit = 64 << 20
}

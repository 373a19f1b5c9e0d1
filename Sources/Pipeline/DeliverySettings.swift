import Configuration
import Primitives

/// `sending_queue`: what waits in memory for an exporter.
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
}

/// Everything that stands between a pipeline and one attempt to export.
package struct DeliverySettings: Sendable, Equatable {
    package var queue = QueueSettings()
    package var retry = RetrySettings()

    package init() {}
}

extension DeliverySettings {
    package init(from section: inout Section, defaults: DeliveryDefaults) {
        self.init()
        if case .direct = defaults { becomeDirect() }
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
    }

    /// Bytes that may wait for a file or a console; a disk that stalls for a moment should not
    /// refuse anyone.
    private static let directQueueSizeLimit = 64 << 20
}

/// How an exporter is delivered to unless configured.
package enum DeliveryDefaults: Sendable {
    /// `sending_queue` and `retry_on_failure` are options, the queue is on.
    case queued
    /// No options. The sender is answered when the batch has left (file, console); what came
    /// through a processor with state is retried without end.
    case direct
}

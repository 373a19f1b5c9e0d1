import OTLP
import Pipeline
import Synchronization

/// The end of a test's pipeline: keeps what it is given, or refuses as it is told.
package final class RecordingIntake: Intake {
    private let refusal: Pipeline.Refusal?
    private let taken = Mutex<[Batch]>([])

    package init(refusing refusal: Pipeline.Refusal? = nil) {
        self.refusal = refusal
    }

    package var answersLate: Bool { false }

    package var batches: [Batch] { taken.withLock { $0 } }

    /// `traces 2` for each batch, in order.
    package var summary: [String] { batches.map { "\($0.signal) \($0.itemCount)" } }

    package func reserve(_ batch: Batch) -> Pipeline.Admission {
        refusal.map { .refused($0) } ?? .admitted
    }

    package func commit(_ batch: Batch, _ receipt: Receipt?) {
        taken.withLock { $0.append(batch) }
    }

    package func cancel(_ batch: Batch) {}
}

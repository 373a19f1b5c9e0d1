import OTLP
import Pipeline
import Synchronization
import Telemetry

/// The end of a test's pipeline: keeps what it is given, or refuses as it is told.
package final class RecordingIntake: Intake {
    private let refusal: Pipeline.Refusal?
    private let taken = Mutex<[Batch]>([])

    package init(refusing refusal: Pipeline.Refusal? = nil) {
        self.refusal = refusal
    }

    package let account = Account(component: "intake", scope: "test")

    package var answersLate: Bool { false }

    package var batches: [Batch] { taken.withLock { $0 } }

    /// `traces 2` for each batch, in order.
    package var summary: [String] { batches.map { "\($0.signal) \($0.itemCount)" } }

    package func reserve(_ batches: [Batch], hasWaited: Bool) -> Pipeline.Admission {
        refusal.map { .refused($0) } ?? .admitted
    }

    package func commit(_ batches: [Batch], _ receipt: Receipt?) {
        taken.withLock { $0.append(contentsOf: batches) }
    }

    package func cancel(_ batches: [Batch]) {}
}

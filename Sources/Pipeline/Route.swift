import OTLP
import Primitives
import Telemetry

/// A stretch of a pipeline between two places where batches can stay: processors without state,
/// then the intakes that all get the same batch.
package struct Route: Sendable {
    package let steps: [any Step]
    package let intakes: [any Intake]

    package init(steps: [any Step], intakes: [any Intake]) {
        self.steps = steps
        self.intakes = intakes
    }

    /// Runs the steps and notes in `delivery` what should be committed where.
    func prepare(_ batch: Batch, at now: Instant, for delivery: inout Delivery) -> Refusal? {
        var batches = [batch]
        for step in steps {
            var next: [Batch] = []
            for batch in batches {
                let output = step.run(batch, at: now)
                if let refusal = output.refusal { return refusal }
                delivery.note(step.account, incoming: batch.itemCount, output)
                next.append(contentsOf: output.forwarded)
            }
            batches = next
        }
        for batch in batches {
            for intake in intakes { delivery.add(batch, to: intake) }
        }
        return nil
    }
}

/// A processor without state, made callable without knowing its type. One call per batch.
package protocol Step: Sendable {
    var account: Account { get }
    func run(_ batch: Batch, at now: Instant) -> Output
}

/// See `ProcessorState.none`: each batch is worked on by a copy, so loops need no lock.
package struct StatelessStep<P: Processor>: Step {
    private let processor: P
    package let account: Account

    package init(_ processor: P, account: Account) {
        self.processor = processor
        self.account = account
    }

    package func run(_ batch: Batch, at now: Instant) -> Output {
        var copy = processor
        var output = Output()
        copy.process(batch, at: now, into: &output)
        return output
    }
}

/// One input on its way: everything that happens if all intakes admit it, and nothing otherwise.
struct Delivery {
    private var offers: [(intake: any Intake, batch: Batch)] = []
    private var entries: [(account: Account, incoming: Int, output: Output)] = []

    mutating func add(_ batch: Batch, to intake: any Intake) {
        offers.append((intake, batch))
    }

    mutating func note(_ account: Account, incoming: Int, _ output: Output) {
        entries.append((account, incoming, output))
    }

    /// Asks every intake; takes back what was admitted if one has no room.
    func reserve() -> Admission {
        for (index, offer) in offers.enumerated() {
            let admission = offer.intake.reserve(offer.batch)
            if case .admitted = admission { continue }
            for taken in offers[..<index] { taken.intake.cancel(taken.batch) }
            return admission
        }
        return .admitted
    }

    /// Commits what `reserve` admitted, and posts what the steps did to the books.
    func commit(_ receipt: Receipt?) {
        for entry in entries { entry.account.post(incoming: entry.incoming, entry.output) }
        for offer in offers {
            offer.intake.commit(offer.batch, offer.intake.answersLate ? receipt : nil)
        }
    }

    /// How many intakes will settle a receipt later.
    var lateAnswers: Int { offers.count { $0.intake.answersLate } }
}

extension Account {
    /// Posts one run of a processor.
    func post(incoming count: Int, _ output: Output) {
        incoming.add(count)
        outgoing.add(output.forwardedItems)
        for drop in output.dropped { dropped.add(drop.count, drop.reason) }
    }
}

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

    func isOutpaced(at now: Instant) -> Bool {
        intakes.contains { $0.isOutpaced(at: now) }
    }

    /// Why a step would refuse whatever comes, if one would.
    var standingRefusal: Refusal? {
        for step in steps {
            if let refusal = step.standingRefusal { return refusal }
        }
        return nil
    }

    var usesSender: Bool { steps.contains { $0.usesSender } }

    /// Runs the steps and notes in `delivery` what should be committed where.
    func prepare(
        _ batch: Batch, from sender: Sender? = nil, at now: Instant, for delivery: inout Delivery
    ) -> Refusal? {
        var batches = [batch]
        for step in steps {
            var next: [Batch] = []
            for batch in batches {
                let output = step.run(batch, from: sender, at: now)
                if let refusal = output.refusal {
                    delivery.refusing = (step.account, batch.itemCount, output)
                    return refusal
                }
                delivery.note(step.account, incoming: batch.itemCount, output)
                next.append(contentsOf: output.forwarded)
            }
            batches = next
        }
        for intake in intakes { delivery.add(batches, to: intake) }
        return nil
    }
}

/// A processor without state, made callable without knowing its type. One call per batch.
package protocol Step: Sendable {
    var account: Account { get }
    /// - Parameter sender: `nil` if several sent it, or nobody knows.
    func run(_ batch: Batch, from sender: Sender?, at now: Instant) -> Output
    var usesSender: Bool { get }
    /// See `Processor.standingRefusal`.
    var standingRefusal: Refusal? { get }
}

/// See `ProcessorState.none`: each batch is worked on by a copy, so loops need no lock.
package struct StatelessStep<P: Processor>: Step {
    private let processor: P
    package let account: Account

    package init(_ processor: P, account: Account) {
        self.processor = processor
        self.account = account
    }

    package var standingRefusal: Refusal? { processor.standingRefusal }

    package var usesSender: Bool { processor.senderUse > .nothing }

    package func run(_ batch: Batch, from sender: Sender?, at now: Instant) -> Output {
        var copy = processor
        if let sender { copy.note(sender) }
        var output = Output()
        copy.process(batch, at: now, into: &output)
        return output
    }
}

/// One input on its way: everything that happens if all intakes admit it, and nothing otherwise.
struct Delivery {
    /// What to do if one of several intakes will never take its batches.
    enum RefusalPolicy {
        /// Nobody gets anything: the sender still has the records and will be told.
        case returnAll
        /// The others get theirs: nobody else has the records any more.
        case leaveOut
    }

    /// What one intake gets: all batches at once, or it could admit the first and not the second.
    private struct Offer {
        let intake: any Intake
        var batches: [Batch]
        /// Set if the intake is left out.
        var refusal: Refusal?

        var itemCount: Int { batches.reduce(0) { $0 + $1.itemCount } }
    }

    private var offers: [Offer] = []
    private var entries: [(account: Account, incoming: Int, output: Output)] = []
    /// The step that refused the input, and what it says about it.
    var refusing: (account: Account, incoming: Int, output: Output)?

    mutating func add(_ batches: [Batch], to intake: any Intake) {
        if batches.isEmpty { return }
        if let index = offers.firstIndex(where: { $0.intake === intake }) {
            offers[index].batches += batches
        } else {
            offers.append(Offer(intake: intake, batches: batches))
        }
    }

    mutating func note(_ account: Account, incoming: Int, _ output: Output) {
        entries.append((account, incoming, output))
    }

    /// Asks every intake; takes back what was admitted if one has no room.
    mutating func reserve(hasWaited: Bool, ifRefused policy: RefusalPolicy) -> Admission {
        for index in offers.indices {
            let offer = offers[index]
            let admission = offer.intake.reserve(offer.batches, hasWaited: hasWaited)
            switch admission {
            case .admitted:
                continue
            case .refused(let refusal) where policy == .leaveOut && !refusal.isRetryable:
                offers[index].refusal = refusal
            case .refused, .wait:
                cancel(offers[..<index])
                return admission
            }
        }
        return .admitted
    }

    private func cancel(_ offers: ArraySlice<Offer>) {
        for offer in offers where offer.refusal == nil { offer.intake.cancel(offer.batches) }
    }

    /// Commits what `reserve` admitted, and posts what the steps did to the books.
    func commit(_ receipt: Receipt?) {
        for entry in entries { entry.account.post(incoming: entry.incoming, entry.output) }
        for offer in offers {
            if let refusal = offer.refusal {
                offer.intake.account.postDrop(offer.itemCount, because: refusal)
            } else {
                offer.intake.commit(offer.batches, offer.intake.answersLate ? receipt : nil)
            }
        }
    }

    /// Posts that a step handed the input back to its sender.
    func postRefusal() {
        guard let refusing, let refusal = refusing.output.refusal else { return }
        refusing.account.incoming.add(refusing.incoming)
        refusing.account.refused.add(refusing.incoming, refusal.reason)
        refusing.account.count(refusing.output.counts)
    }

    /// How often a receipt will be settled.
    var lateAnswers: Int {
        offers.reduce(0) { $0 + ($1.intake.answersLate ? $1.batches.count : 0) }
    }

    /// Who was left out, and why.
    var refusals: [(account: Account, itemCount: Int, refusal: Refusal)] {
        offers.compactMap { offer in
            offer.refusal.map { (offer.intake.account, offer.itemCount, $0) }
        }
    }
}

extension Account {
    /// Posts one run of a processor.
    func post(incoming count: Int, _ output: Output) {
        incoming.add(count)
        outgoing.add(output.forwardedItems)
        for drop in output.dropped { dropped.add(drop.count, drop.reason) }
        self.count(output.counts)
    }

    /// Posts records that an intake will never take, and that nobody else has.
    fileprivate func postDrop(_ count: Int, because refusal: Refusal) {
        incoming.add(count)
        dropped.add(count, refusal.reason)
    }
}

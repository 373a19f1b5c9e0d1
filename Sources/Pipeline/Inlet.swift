import OTLP
import Primitives
import Sockets
import Telemetry

/// Where a receiver delivers the records of one signal: the entrances of all pipelines that
/// name the receiver.
///
/// A delivery is all or nothing over every pipeline and exporter (see `Intake`), so that a sender
/// who is refused can send again without doubling anything.
package final class Inlet: Sendable {
    package let signal: Signal
    /// Counts what receivers bring: incoming, then outgoing or refused.
    package let account: Account
    /// Whether a processor wants to know who sent what is delivered.
    package let usesSender: Bool
    private let routes: [Route]

    package init(signal: Signal, routes: [Route], account: Account) {
        usesSender = routes.contains { $0.usesSender }
        self.signal = signal
        self.routes = routes
        self.account = account
    }

    /// Delivers `batch`, waiting where the configuration says so.
    ///
    /// - Parameter sender: Not needed unless `usesSender`.
    /// - Returns: `nil` once what the configuration promises holds (queued, written or exported);
    ///   otherwise why the sender keeps its records.
    package func deliver(_ batch: Batch, from sender: Sender? = nil) async -> Refusal? {
        if batch.itemCount == 0 { return nil }
        account.incoming.add(batch.itemCount)
        var place: (any Waitable)?
        while true {
            let outcome = offer(batch, from: sender, at: .now(), hasWaited: place != nil)
            place?.passOn()
            switch outcome {
            case .refused(let refusal):
                account.refused.add(batch.itemCount, refusal.reason)
                return refusal
            case .taken(nil):
                account.outgoing.add(batch.itemCount)
                await keepPace()
                return nil
            case .taken(let receipt?):
                let refusal = await receipt.outcome()
                // The exporter's books say what it refused; from here the records have left.
                account.outgoing.add(batch.itemCount)
                return refusal
            case .wait(let room):
                place = room
                await room.waitForRoom()
            }
        }
    }

    /// Why records would be refused whatever they are, so that a receiver need not read them first.
    package var standingRefusal: Refusal? {
        for route in routes {
            if let refusal = route.standingRefusal { return refusal }
        }
        return nil
    }

    /// The longest an answer is held back. SDKs give up after ten seconds.
    private static let paceLimit = Duration.seconds(1)
    private static let paceInterval = Duration.milliseconds(5)

    /// Holds the answer back while an exporter is outpaced: the records are taken, and a sender
    /// that waits for its answers brings no more meanwhile.
    private func keepPace() async {
        var now = Instant.now()
        let end = now + Self.paceLimit
        while now < end, routes.contains(where: { $0.isOutpaced(at: now) }),
            let loop = EventLoop.current
        {
            guard await loop.sleep(until: now + Self.paceInterval) else { return }
            now = .now()
        }
    }

    private enum Outcome {
        case taken(Receipt?)
        case refused(Refusal)
        case wait(any Waitable)
    }

    private func offer(
        _ batch: Batch, from sender: Sender?, at now: Instant, hasWaited: Bool
    ) -> Outcome {
        var delivery = Delivery()
        for route in routes {
            if let refusal = route.prepare(batch, from: sender, at: now, for: &delivery) {
                delivery.postRefusal()
                return .refused(refusal)
            }
        }
        switch delivery.reserve(hasWaited: hasWaited, ifRefused: .returnAll) {
        case .refused(let refusal): return .refused(refusal)
        case .wait(let room): return .wait(room)
        case .admitted: break
        }
        let lateAnswers = delivery.lateAnswers
        let receipt = lateAnswers > 0 ? Receipt(pending: lateAnswers) : nil
        delivery.commit(receipt)
        return .taken(receipt)
    }
}

import Synchronization

/// What became of the records that one component was given.
///
/// Invariant, once nothing is in motion: incoming = outgoing + dropped + refused + held.
/// `held` is what the component says it still has, not a difference, so that a record that was
/// forgotten shows as `unaccounted`.
package final class Account: Sendable {
    /// Who: `exporter/otlp_http`, `processor/batch`, `receiver/otlp`.
    package let component: String
    /// Which instance of it: the pipeline for a processor, the signal otherwise.
    package let scope: String

    /// Records given to the component.
    package let incoming = Counter()
    /// Records passed on: to the next component, or out of the daemon.
    package let outgoing = Counter()
    /// Records given up, by reason.
    package let dropped = LabelledCounter()
    /// Records handed back to their sender, by reason; the sender still has them.
    package let refused = LabelledCounter()
    /// Records waiting in the component.
    package let held = Gauge()

    private let counts = Mutex(Measurement.Table())
    private let source = Mutex<(@Sendable () -> [Measurement])?>(nil)

    package init(component: String, scope: String) {
        self.component = component
        self.scope = scope
    }

    /// Adds to what the component counts besides records.
    package func count(_ amounts: [Measurement]) {
        if amounts.isEmpty { return }
        counts.withLock { counts in
            for amount in amounts { counts.add(amount) }
        }
    }

    /// Names whom to ask, whenever somebody looks, for what the component says of itself.
    package func ask(_ measure: @escaping @Sendable () -> [Measurement]) {
        source.withLock { $0 = measure }
    }

    /// What the component counted, and what it says of itself right now.
    package var measurements: [Measurement] {
        let measure = source.withLock { $0 }
        return counts.withLock { $0.series } + (measure?() ?? [])
    }

    /// Records whose whereabouts are unknown: a bug, if nothing is in motion and it is not zero.
    package var unaccounted: Int {
        incoming.value - outgoing.value - dropped.total - refused.total - held.value
    }
}

/// The books of the daemon: every component's account.
///
/// Every record ends in exactly one of exported, dropped(reason), refused(reason) or held; the
/// ledger adds them up, and a test and a metric hold `unaccounted == 0`.
package final class Ledger: Sendable {
    private let all = Mutex<[Account]>([])

    package init() {}

    /// Opens an account. Called while the graph is built, never on the data path.
    package func open(component: String, scope: String) -> Account {
        let account = Account(component: component, scope: scope)
        all.withLock { $0.append(account) }
        return account
    }

    package var accounts: [Account] { all.withLock { $0 } }

    /// Magnitudes, so that a record too many here does not hide one too few there.
    package var unaccounted: Int { accounts.reduce(0) { $0 + abs($1.unaccounted) } }

    package var held: Int { accounts.reduce(0) { $0 + $1.held.value } }
}

import Synchronization

/// A number that only grows. Any thread may add; readers see a recent value.
///
/// Counted per batch or per request, never per record, so one atomic is cheap enough.
package final class Counter: Sendable {
    private let total = Atomic<Int>(0)

    package init() {}

    package func add(_ amount: Int = 1) {
        total.wrappingAdd(amount, ordering: .relaxed)
    }

    package var value: Int { total.load(ordering: .relaxed) }
}

/// A number that goes up and down, such as the size of a queue.
package final class Gauge: Sendable {
    private let current = Atomic<Int>(0)

    package init() {}

    package func add(_ amount: Int) {
        current.wrappingAdd(amount, ordering: .relaxed)
    }

    package func set(_ value: Int) {
        current.store(value, ordering: .relaxed)
    }

    package var value: Int { current.load(ordering: .relaxed) }
}

/// Counters that share a name and differ by one label whose values are few, such as a reason.
///
/// Reasons are counted when something went wrong, so a lock is no cost on the data path.
package final class LabelledCounter: Sendable {
    private let totals = Mutex<[String: Int]>([:])

    package init() {}

    package func add(_ amount: Int, _ label: String) {
        totals.withLock { $0[label, default: 0] += amount }
    }

    package var values: [String: Int] { totals.withLock { $0 } }

    package var total: Int { totals.withLock { $0.values.reduce(0, +) } }
}

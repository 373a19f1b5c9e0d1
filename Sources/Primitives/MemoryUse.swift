import Synchronization

/// How much memory the daemon uses, as far as is known at the moment. Any thread may ask.
///
/// What the process really holds is measured now and then, by whoever watches it; bodies are
/// counted as they come and go. So between two measurements the use is what was measured, plus
/// what bodies have grown since: a burst shows at once. Bodies alone are the least there can be.
package enum MemoryUse {
    /// Bytes in all bodies.
    static let bodies = Atomic<Int>(0)
    private static let measured = Atomic<Int>(0)
    private static let bodiesWhenMeasured = Atomic<Int>(0)

    package static var bodySize: Int { bodies.load(ordering: .relaxed) }

    /// Notes what the process was measured to hold.
    package static func note(measured size: Int) {
        measured.store(size, ordering: .relaxed)
        bodiesWhenMeasured.store(bodySize, ordering: .relaxed)
    }

    /// In bytes.
    package static var current: Int {
        let bodies = bodySize
        let growth = max(0, bodies - bodiesWhenMeasured.load(ordering: .relaxed))
        return max(bodies, measured.load(ordering: .relaxed) + growth)
    }
}

import Synchronization

/// What a server has seen so far. Written by its loops, readable from any thread.
///
/// Refusals are rare, so they may take a lock; everything else is one relaxed addition a request.
package final class ServerCounts: Sendable {
    private let open = Atomic<Int>(0)
    private let accepted = Atomic<Int>(0)
    private let answered = Atomic<Int>(0)
    private let received = Atomic<Int>(0)
    private let refused = Mutex<[String: Int]>([:])

    init() {}

    /// Connections at the moment.
    package var openConnections: Int { open.load(ordering: .relaxed) }
    package var acceptedConnections: Int { accepted.load(ordering: .relaxed) }
    /// Requests whose head was understood.
    package var requests: Int { answered.load(ordering: .relaxed) }
    /// Bytes of bodies, as they crossed the wire but without chunk framing.
    package var bodyBytes: Int { received.load(ordering: .relaxed) }
    /// Requests and connections the server refused, by `Refusal.reason`.
    package var refusals: [String: Int] { refused.withLock { $0 } }

    /// Returns how many connections there are now.
    func connectionBegan() -> Int {
        accepted.wrappingAdd(1, ordering: .relaxed)
        return open.wrappingAdd(1, ordering: .relaxed).newValue
    }

    func connectionEnded() {
        open.wrappingSubtract(1, ordering: .relaxed)
    }

    func requestBegan() {
        answered.wrappingAdd(1, ordering: .relaxed)
    }

    func bodyArrived(_ size: Int) {
        received.wrappingAdd(size, ordering: .relaxed)
    }

    func refused(_ refusal: Refusal) {
        refused.withLock { $0[refusal.reason, default: 0] += 1 }
    }
}

import OTLP
import Primitives
import Telemetry

/// Who owns a processor's state.
package enum ProcessorState: Sendable {
    /// It remembers nothing between batches: it runs where the request was received, unlocked,
    /// and what it changes in itself is forgotten.
    case none
    /// One owner: batches of all loops pass through one at a time, and it may hold records.
    case shared
}

/// Decides what happens to records: forwards, changes, drops or holds them.
///
/// A plain value without clock, thread, lock, socket or `await`. It is given a batch and the time,
/// and says what to do in `output`; so a minute of tail sampling is a loop over instants in a
/// test. Every record it is given must be forwarded, dropped, refused or counted in `heldItems`.
package protocol Processor: Component, Sendable {
    static var state: ProcessorState { get }

    mutating func process(_ batch: Batch, at now: Instant, into output: inout Output)
    /// Does what is due by `now`. Called at `wakeAt` or later, also when nothing is due.
    mutating func advance(to now: Instant, into output: inout Output)
    /// Gives up everything held, because the daemon stops.
    mutating func drain(at now: Instant, into output: inout Output)
    /// When `advance` has something to do next.
    var wakeAt: Instant? { get }
    /// Records waiting in here.
    var heldItems: Int { get }
    /// What it has counted and where it stands, for `/metrics`. Only asked of processors with
    /// state; those without count in `Output`.
    var measurements: [Measurement] { get }
    /// Into how many parts the state may be split by trace id, each with a lock of its own.
    var shardLimit: Int { get }
    /// One of `count` equal parts of a fresh processor: it will see the traces of its own part
    /// only, and has its share of limits.
    func shard(_ index: Int, of count: Int) -> Self
    /// What the processor wants to know of who sent a batch. Only without state.
    var senderUse: SenderUse { get }
    /// Who sent the batch that `process` is given next. Not called if that is not known.
    mutating func note(_ sender: Sender)
    /// Why the processor refuses whatever comes at the moment, before anybody has read it.
    var standingRefusal: Refusal? { get }
    /// What the daemon watches for the processor (see `MemoryCheck`).
    var memoryCheck: MemoryCheck? { get }
    /// What was decided about a trace and why, if it is remembered.
    func explanation(of trace: TraceID) -> String?
}

extension Processor {
    package mutating func advance(to now: Instant, into output: inout Output) {}
    package mutating func drain(at now: Instant, into output: inout Output) {}
    package var wakeAt: Instant? { nil }
    package var heldItems: Int { 0 }
    package var measurements: [Measurement] { [] }
    package var shardLimit: Int { 1 }
    package func shard(_ index: Int, of count: Int) -> Self { self }
    package var senderUse: SenderUse { .nothing }
    package mutating func note(_ sender: Sender) {}
    package var standingRefusal: Refusal? { nil }
    package var memoryCheck: MemoryCheck? { nil }
    package func explanation(of trace: TraceID) -> String? { nil }
}

/// What a processor decided about the records it was given.
package struct Output: Sendable {
    /// To be passed on, in this order.
    package private(set) var forwarded: [Batch] = []
    /// Given up, by reason.
    package private(set) var dropped: [(reason: String, count: Int)] = []
    /// The whole input goes back to its sender.
    package private(set) var refusal: Refusal?
    /// What was counted besides records.
    package private(set) var counts: [Measurement] = []
    /// What was decided about whole traces, if `collectsVerdicts`.
    package private(set) var verdicts: [Verdict] = []
    /// Whether somebody wants to know verdicts one by one, as `martlet simulate` does.
    package let collectsVerdicts: Bool

    package init(collectingVerdicts: Bool = false) {
        collectsVerdicts = collectingVerdicts
    }

    package mutating func forward(_ batch: Batch) {
        if !batch.isEmpty { forwarded.append(batch) }
    }

    /// - Parameter reason: One of few values, in snake_case; it becomes a metric's label.
    package mutating func drop(_ count: Int, because reason: String) {
        if count > 0 { dropped.append((reason, count)) }
    }

    /// Hands the input back. Only before anything of it was forwarded, dropped or kept, and only
    /// without state: a processor with state is given what its sender was already told is taken,
    /// so there it counts as dropped.
    package mutating func refuse(_ refusal: Refusal) {
        self.refusal = refusal
    }

    /// Adds to a counter of the processor's: once a batch, never once a record.
    package mutating func count(
        _ name: String, _ help: String, _ labels: [(name: String, value: String)] = [],
        by amount: Int
    ) {
        if amount != 0 { counts.append(Measurement(name, .counter, help, labels, Double(amount))) }
    }

    package mutating func note(_ verdict: @autoclosure () -> Verdict) {
        if collectsVerdicts { verdicts.append(verdict()) }
    }

    package var forwardedItems: Int { forwarded.reduce(0) { $0 + $1.itemCount } }
}

/// What was decided about a trace, and why.
package struct Verdict: Sendable, Equatable {
    package let traceID: TraceID
    package let isKept: Bool
    /// The policy that decided; `nil` if none did.
    package let policy: String?
    /// One of few values, in snake_case: `policy`, `no_policy`, `overflow`, `late` …
    package let reason: String
    /// Spans known when it was decided.
    package let spanCount: Int

    package init(
        _ traceID: TraceID, isKept: Bool, policy: String?, reason: String, spanCount: Int
    ) {
        self.traceID = traceID
        self.isKept = isKept
        self.policy = policy
        self.reason = reason
        self.spanCount = spanCount
    }
}

import Configuration
import OTLP
import Pipeline
import Primitives

/// What a processor without state may do, as told by a closure.
struct Acting: Processor {
    static let name = "acting"
    static let summary = "does what a test says"
    static let state = ProcessorState.none

    let act: @Sendable (Batch, inout Output) -> Void

    init(_ act: @escaping @Sendable (Batch, inout Output) -> Void) { self.act = act }
    init(from section: inout Section) { self.init { $1.forward($0) } }

    mutating func process(_ batch: Batch, at now: Instant, into output: inout Output) {
        act(batch, &output)
    }

    /// Each item as a batch of its own.
    static let splitting = Acting { batch, output in
        var rest = batch
        while !rest.isEmpty { output.forward(rest.removeFirst(items: 1)) }
    }

    static let dropping = Acting { batch, output in
        output.drop(batch.itemCount, because: "unwanted")
    }

    static func refusing(_ refusal: Refusal) -> Acting {
        Acting { _, output in output.refuse(refusal) }
    }
}

/// Drops everything, for a reason that says who sent it.
struct Naming: Processor {
    static let name = "naming"
    static let summary = "tells who sent what"
    static let state = ProcessorState.none

    let senderUse = SenderUse.address
    private var sender: Sender?

    init() {}
    init(from section: inout Section) {}

    mutating func note(_ sender: Sender) { self.sender = sender }

    mutating func process(_ batch: Batch, at now: Instant, into output: inout Output) {
        output.drop(batch.itemCount, because: "sent by \(sender?.address ?? "many")")
    }
}

/// Holds batches until there are `count`, or until `wait` has passed since the first.
struct Holding: Processor {
    static let name = "holding"
    static let summary = "keeps batches for a while"
    static let state = ProcessorState.shared

    let count: Int
    let wait: Duration
    private var held: [Batch] = []
    private var firstCameAt: Instant?

    init(count: Int, wait: Duration = .seconds(3600)) {
        self.count = count
        self.wait = wait
    }

    init(from section: inout Section) { self.init(count: 1) }

    var heldItems: Int { held.reduce(0) { $0 + $1.itemCount } }
    var wakeAt: Instant? { firstCameAt.map { $0 + wait } }

    mutating func process(_ batch: Batch, at now: Instant, into output: inout Output) {
        firstCameAt = firstCameAt ?? now
        held.append(batch)
        if held.count >= count { drain(at: now, into: &output) }
    }

    mutating func advance(to now: Instant, into output: inout Output) {
        if let wakeAt, now >= wakeAt { drain(at: now, into: &output) }
    }

    mutating func drain(at now: Instant, into output: inout Output) {
        for batch in held { output.forward(batch) }
        held = []
        firstCameAt = nil
    }
}

/// Has state, and hands back what it was given.
struct RefusingWithState: Processor {
    static let name = "refusing"
    static let summary = "hands everything back"
    static let state = ProcessorState.shared

    init() {}
    init(from section: inout Section) {}

    mutating func process(_ batch: Batch, at now: Instant, into output: inout Output) {
        output.refuse(Refusal(reason: "too_much", message: "too much"))
    }
}

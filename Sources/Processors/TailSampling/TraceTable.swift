import OTLP
import Primitives

/// What is remembered of a trace that waits for its decision, in 64 bytes. What a span changes
/// stands in front.
struct WaitingTrace: Sendable {
    static let none = UInt32.max

    var id = TraceID(high: 0, low: 0)
    /// Its spans: the end of a chain of entries.
    var lastEntry = none
    var spanCount: UInt32 = 0
    /// Bytes beyond 4 GiB are not counted.
    private var size: UInt32 = 0
    /// The scope group that its last span was in, counted since the start.
    var scopeNumber: UInt32 = 0
    var firstArrival = Instant(nanoseconds: 0)
    var dueAt = Instant(nanoseconds: 0)
    /// Neighbours in the queue; of a free slot `next` is the next free one.
    var previous = none
    var next = none
    /// The input that last brought a span.
    var inputNumber: UInt32 = 0
    var queue = Queue.arrivals

    /// Of its spans, with their share of what stands around them.
    var byteCount: Int { Int(size) }

    @inline(__always)
    mutating func noteSpan(_ byteCount: Int, _ scope: UInt32, _ entry: UInt32) {
        spanCount &+= 1
        size = UInt32(clamping: Int(size) &+ byteCount)
        scopeNumber = scope
        lastEntry = entry
    }

    /// Both are in the order in which traces are due, since both waits are constants.
    enum Queue: UInt8, Sendable {
        /// From the first span on.
        case arrivals
        /// From the root span on, if that makes the trace due earlier.
        case roots
    }
}

/// The undecided traces: by id, and in the order in which they are due.
///
///     buckets:  [ hash, slot ] [ – ] [ hash, slot ] …        open addressing, linear probing
///     traces:   [ trace ] [ free ] [ trace ] …               in pieces, never moved
///     queues:   head ⇄ trace ⇄ trace ⇄ tail                  through the traces
///
/// The hash is seeded afresh in each process, so a sender cannot choose ids that collide.
struct TraceTable: Sendable {
    /// Half of a hash, and the slot of the trace; no trace has the slot `WaitingTrace.none`.
    private struct Bucket: Sendable {
        var hash: UInt32 = 0
        var slot = WaitingTrace.none
    }

    private struct Ends: Sendable {
        var head = WaitingTrace.none
        var tail = WaitingTrace.none
    }

    private static let smallestBucketCount = 256
    /// What a trace costs here, with its share of the buckets.
    static let bytesPerTrace = MemoryLayout<WaitingTrace>.stride + 2 * MemoryLayout<Bucket>.stride
    private static let seed = (UInt64.random(in: .min ... .max), UInt64.random(in: .min ... .max))

    private(set) var traces = ChunkedArray<WaitingTrace>(chunkSize: 1024)
    private var buckets = [Bucket](repeating: Bucket(), count: smallestBucketCount)
    private var firstFree = WaitingTrace.none
    private var arrivals = Ends()
    private var roots = Ends()
    private(set) var count = 0

    @inline(__always)
    subscript(slot: UInt32) -> WaitingTrace {
        _read { yield traces[Int(slot)] }
        _modify { yield &traces[Int(slot)] }
    }

    // MARK: - By id

    @inline(__always)
    func find(_ id: TraceID) -> UInt32? {
        let hash = Self.hash(id)
        let mask = buckets.count &- 1
        var position = Int(hash) & mask
        while buckets[position].slot != WaitingTrace.none {
            if buckets[position].hash == hash, traces[Int(buckets[position].slot)].id == id {
                return buckets[position].slot
            }
            position = (position &+ 1) & mask
        }
        return nil
    }

    /// Appends the slots of spans' traces, `none` for those that are not there.
    ///
    /// Most of a search is waiting for memory that nobody has used since the trace's previous span.
    /// In these loops nothing depends on the turn before, so that many are waited for at once.
    func find(_ spans: [SpanOutline], into slots: inout [UInt32]) {
        let mask = buckets.count &- 1
        for span in spans { slots.append(buckets[Int(Self.hash(span.traceID)) & mask].slot) }
        for number in spans.indices where slots[number] != WaitingTrace.none {
            let id = spans[number].traceID
            if traces[Int(slots[number])].id == id { continue }
            slots[number] = find(id) ?? WaitingTrace.none
        }
    }

    /// The same, where it is likely that the trace has a slot, `none` if there was no such trace.
    @inline(__always)
    func find(_ id: TraceID, expectedAt slot: UInt32) -> UInt32? {
        if slot != WaitingTrace.none, self[slot].spanCount > 0, self[slot].id == id { return slot }
        return find(id)
    }

    /// Adds a trace, which must not be there yet, at the end of the queue of arrivals.
    mutating func insert(_ id: TraceID, at now: Instant, dueAt: Instant) -> UInt32 {
        count += 1
        if count * 4 > buckets.count * 3 { resize(to: buckets.count * 2) }
        let slot = freeSlot()
        traces[Int(slot)].id = id
        traces[Int(slot)].firstArrival = now
        traces[Int(slot)].dueAt = dueAt
        place(Bucket(hash: Self.hash(id), slot: slot))
        enqueue(slot, .arrivals)
        return slot
    }

    mutating func remove(_ slot: UInt32) {
        dequeue(slot)
        unplace(slot)
        count -= 1
        traces[Int(slot)] = WaitingTrace()
        traces[Int(slot)].next = firstFree
        firstFree = slot
    }

    /// Gives back what a burst needed, if no trace is left. Slots are not valid any more.
    mutating func shrink() {
        guard count == 0, buckets.count > Self.smallestBucketCount else { return }
        buckets = [Bucket](repeating: Bucket(), count: Self.smallestBucketCount)
        traces.removeAll()
        firstFree = WaitingTrace.none
    }

    private mutating func freeSlot() -> UInt32 {
        guard firstFree != WaitingTrace.none else {
            traces.append(WaitingTrace())
            return UInt32(truncatingIfNeeded: traces.count - 1)
        }
        let slot = firstFree
        firstFree = traces[Int(slot)].next
        traces[Int(slot)].next = WaitingTrace.none
        return slot
    }

    // MARK: - By time

    /// The trace that is due first.
    var next: UInt32? {
        let first = arrivals.head
        let second = roots.head
        if first == WaitingTrace.none { return second == WaitingTrace.none ? nil : second }
        if second == WaitingTrace.none { return first }
        let isSecond =
            (self[second].dueAt, self[second].firstArrival)
            < (self[first].dueAt, self[first].firstArrival)
        return isSecond ? second : first
    }

    /// When the oldest trace that is known of arrived.
    var oldestArrival: Instant? {
        let heads = [arrivals.head, roots.head].filter { $0 != WaitingTrace.none }
        return heads.map { self[$0].firstArrival }.min()
    }

    /// Makes a trace due earlier, in the queue of those whose root was seen.
    mutating func hasten(_ slot: UInt32, to dueAt: Instant) {
        dequeue(slot)
        traces[Int(slot)].dueAt = dueAt
        enqueue(slot, .roots)
    }

    private mutating func enqueue(_ slot: UInt32, _ queue: WaitingTrace.Queue) {
        var ends = queue == .arrivals ? arrivals : roots
        traces[Int(slot)].queue = queue
        traces[Int(slot)].previous = ends.tail
        traces[Int(slot)].next = WaitingTrace.none
        if ends.tail == WaitingTrace.none {
            ends.head = slot
        } else {
            traces[Int(ends.tail)].next = slot
        }
        ends.tail = slot
        if queue == .arrivals { arrivals = ends } else { roots = ends }
    }

    private mutating func dequeue(_ slot: UInt32) {
        let (queue, previous, next) = (self[slot].queue, self[slot].previous, self[slot].next)
        var ends = queue == .arrivals ? arrivals : roots
        if previous == WaitingTrace.none {
            ends.head = next
        } else {
            traces[Int(previous)].next = next
        }
        if next == WaitingTrace.none {
            ends.tail = previous
        } else {
            traces[Int(next)].previous = previous
        }
        if queue == .arrivals { arrivals = ends } else { roots = ends }
    }
}

extension TraceTable {
    @inline(__always)
    private static func hash(_ id: TraceID) -> UInt32 {
        let product = (id.high ^ seed.0).multipliedFullWidth(by: (id.low ^ seed.1) | 1)
        let folded = product.high ^ product.low ^ id.low
        return UInt32(truncatingIfNeeded: folded ^ folded &>> 32)
    }

    private mutating func place(_ bucket: Bucket) {
        let mask = buckets.count &- 1
        var position = Int(bucket.hash) & mask
        while buckets[position].slot != WaitingTrace.none { position = (position &+ 1) & mask }
        buckets[position] = bucket
    }

    /// Frees the bucket of a slot and moves those up that had to step aside for it.
    private mutating func unplace(_ slot: UInt32) {
        let mask = buckets.count &- 1
        var hole = Int(Self.hash(self[slot].id)) & mask
        while buckets[hole].slot != slot { hole = (hole &+ 1) & mask }
        var position = (hole &+ 1) & mask
        while buckets[position].slot != WaitingTrace.none {
            let home = Int(buckets[position].hash) & mask
            if (position &- home) & mask >= (position &- hole) & mask {
                buckets[hole] = buckets[position]
                hole = position
            }
            position = (position &+ 1) & mask
        }
        buckets[hole] = Bucket()
    }

    private mutating func resize(to bucketCount: Int) {
        let old = buckets
        buckets = [Bucket](repeating: Bucket(), count: bucketCount)
        for bucket in old where bucket.slot != WaitingTrace.none { place(bucket) }
    }
}

import OTLP

/// What was decided of traces lately, for spans that come late: 16 bytes a trace.
///
///     tags:   | 8 of a set | 8 of a set | …     the hash of a trace id; 0 if free
///     notes:  | 8 of a set | 8 of a set | …     what is remembered of it
///
/// A set holds the traces whose hashes fall into it, the one used last first; a full set forgets
/// the last one. So the table has a quarter more room than the traces it is to remember, and it
/// starts small and doubles.
struct DecisionCache: Sendable {
    /// What is remembered of a trace.
    struct Note: Sendable {
        /// Where the `DecisionLog` had it.
        var logNumber: UInt32
        /// The policies' position, `UInt8.max` for none or one that does not fit.
        var policy: UInt8
        /// When it was decided, in seconds of the clock, modulo 2^24.
        var second: UInt32

        fileprivate init(_ word: UInt64) {
            logNumber = UInt32(truncatingIfNeeded: word)
            policy = UInt8(truncatingIfNeeded: word >> 32)
            second = UInt32(truncatingIfNeeded: word >> 40)
        }

        init(logNumber: UInt32, policy: Int?, second: UInt64) {
            self.logNumber = logNumber
            self.policy = UInt8(clamping: policy ?? Int(UInt8.max))
            self.second = UInt32(truncatingIfNeeded: second & 0xff_ffff)
        }

        /// That a trace was kept, and by which policy.
        var verdict: PolicyVerdict {
            PolicyVerdict(
                .sampled, because: .policy, policy: policy == .max ? nil : Int(policy))
        }

        fileprivate var word: UInt64 {
            UInt64(logNumber) | UInt64(policy) << 32 | UInt64(second & 0xff_ffff) << 40
        }
    }

    private static let wayCount = 8
    private static let smallestSetCount = 64

    private let setLimit: Int
    private var tags: [UInt64]
    private var notes: [UInt64]
    private var setCount: Int
    private(set) var count = 0
    private(set) var forgottenCount = 0

    /// - Parameter limit: Traces to remember; 0 remembers none.
    init(limit: Int) {
        setLimit = limit == 0 ? 0 : (limit + limit / 4) / Self.wayCount + 1
        setCount = min(setLimit, Self.smallestSetCount)
        tags = [UInt64](repeating: 0, count: setCount * Self.wayCount)
        notes = tags
    }

    var byteCount: Int { tags.count * 16 }

    /// Looks a trace up, which then counts as used.
    mutating func find(_ id: TraceID) -> Note? {
        let hash = Self.hash(id)
        guard let index = index(of: hash) else { return nil }
        let note = notes[index]
        let start = start(of: hash)
        moveToFront(index &- start, start, hash, note)
        return Note(note)
    }

    /// Looks a trace up without using it.
    func peek(_ id: TraceID) -> Note? {
        index(of: Self.hash(id)).map { Note(notes[$0]) }
    }

    @inline(__always)
    private func index(of hash: UInt64) -> Int? {
        guard setCount > 0 else { return nil }
        let start = start(of: hash)
        for index in start..<start &+ Self.wayCount where tags[index] == hash { return index }
        return nil
    }

    mutating func insert(_ id: TraceID, _ note: Note) {
        guard setCount > 0 else { return }
        insert(Self.hash(id), note.word)
    }

    private mutating func insert(_ hash: UInt64, _ note: UInt64) {
        while true {
            let start = start(of: hash)
            var way = 0
            while way < Self.wayCount, tags[start &+ way] != 0, tags[start &+ way] != hash {
                way += 1
            }
            if way == Self.wayCount {
                if grow() { continue }
                forgottenCount += 1
                way -= 1
            } else if tags[start &+ way] == 0 {
                count += 1
            }
            return moveToFront(way, start, hash, note)
        }
    }

    @inline(__always)
    private mutating func moveToFront(
        _ way: Int, _ start: Int, _ hash: UInt64, _ note: UInt64
    ) {
        var way = way
        while way > 0 {
            tags[start &+ way] = tags[start &+ way &- 1]
            notes[start &+ way] = notes[start &+ way &- 1]
            way &-= 1
        }
        tags[start] = hash
        notes[start] = note
    }

    /// - Returns: Whether there is more room now.
    private mutating func grow() -> Bool {
        guard setCount < setLimit else { return false }
        let (oldTags, oldNotes) = (tags, notes)
        setCount = min(setCount * 2, setLimit)
        tags = [UInt64](repeating: 0, count: setCount * Self.wayCount)
        notes = tags
        count = 0
        // The one used last goes in last, so that it comes first again.
        for way in (0..<Self.wayCount).reversed() {
            for set in stride(from: 0, to: oldTags.count, by: Self.wayCount)
            where oldTags[set + way] != 0 {
                insert(oldTags[set + way], oldNotes[set + way])
            }
        }
        return true
    }

    @inline(__always)
    private func start(of hash: UInt64) -> Int {
        Int(truncatingIfNeeded: hash.multipliedFullWidth(by: UInt64(setCount)).high)
            &* Self.wayCount
    }

    /// Never 0. Of ids that differ in the last eight bytes alone no two have the same hash.
    @inline(__always)
    private static func hash(_ id: TraceID) -> UInt64 {
        var hash = id.low ^ (id.high &* 0x9e37_79b9_7f4a_7c15)
        hash = (hash ^ hash &>> 32) &* 0xd6e8_feb8_6659_fd93
        hash = (hash ^ hash &>> 32) &* 0xd6e8_feb8_6659_fd93
        hash ^= hash &>> 32
        return hash == 0 ? 1 : hash
    }
}

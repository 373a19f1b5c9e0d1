import OTLP
import OTTL
import Primitives

/// Reads from each span, as it arrives, whatever the policies want to know of it, so that they
/// need no span at the decision.
///
/// A trace's facts are words that start as zeros, given out as policies ask for them:
///
///     | a bit for each leaf that looks at spans, | earliest start, latest end, | a trace's key, |
///     | two for a condition: matched, failed     | if a policy wants latency   | for adaptive   |
///
/// A bit once set stays: otelcol walks over the spans in the order in which they came and stops
/// at the first that matches or fails.
struct FactGatherer: Sendable {
    /// How many words a trace's facts have.
    private(set) var wordCount = 0
    /// Where the next bit goes, if the last word of bits has room.
    private var nextBit: FactBit?
    /// Of the first of two words for times.
    private var timeWord = 0
    private var statusLeaves: [StatusLeaf] = []
    private var latencyLeaves: [LatencyLeaf] = []
    private var attributes = AttributeLeaves()
    private var messageLeaves = MessageLeaves()
    private var conditions = ConditionLeaves()
    private var adaptiveKeys: [AdaptiveKeyReader] = []

    private struct StatusLeaf: Sendable {
        /// A bit for each status.
        let statuses: UInt8
        let bit: FactBit
    }

    // MARK: - Leaves

    mutating func addStatus(_ statuses: [SpanStatus]) -> FactBit {
        let bit = addBit()
        let mask = statuses.reduce(0) { $0 | $1.mask }
        statusLeaves.append(StatusLeaf(statuses: mask, bit: bit))
        return bit
    }

    mutating func addLatency(threshold: Int64, upperThreshold: Int64) -> FactBit {
        if latencyLeaves.isEmpty { timeWord = addWords(2) }
        let bit = addBit()
        latencyLeaves.append(
            LatencyLeaf(threshold: threshold, upperThreshold: upperThreshold, bit: bit))
        return bit
    }

    mutating func addAttribute(_ key: String, _ test: AttributeTest) -> FactBit {
        let bit = addBit()
        attributes.add(key, test, bit)
        return bit
    }

    mutating func addFlags() -> FactBit {
        let bit = addBit()
        messageLeaves.addFlags(bit)
        return bit
    }

    mutating func addTraceState(_ key: String, _ values: [String]) -> FactBit {
        let bit = addBit()
        messageLeaves.addTraceState(key, values, bit)
        return bit
    }

    mutating func addCondition(
        span: [Condition], events: [Condition], isStrict: Bool
    ) -> PolicyNode {
        let matched = addBit()
        let failed = addBit()
        conditions.add(
            ConditionLeaves.Leaf(
                span: span, events: events, isStrict: isStrict, matched: matched, failed: failed))
        return .condition(matched: matched, failed: failed)
    }

    /// Words for a policy `adaptive`, and who reads them.
    mutating func addAdaptiveKey(_ fields: [String]) -> AdaptiveKeyReader {
        let reader = AdaptiveKeyReader(fields, at: addWords(AdaptiveKeyReader.wordCount))
        adaptiveKeys.append(reader)
        return reader
    }

    private mutating func addWords(_ count: Int) -> Int {
        defer { wordCount += count }
        return wordCount
    }

    private mutating func addBit() -> FactBit {
        let bit = nextBit ?? FactBit(word: addWords(1), mask: 1)
        nextBit =
            bit.mask.leadingZeroBitCount == 0 ? nil : FactBit(word: bit.word, mask: bit.mask << 1)
        return bit
    }

    // MARK: - Spans

    /// Bodies that were there before may be gone, and others lie where they lay.
    mutating func beginBatch() {
        attributes.forgetResource()
        conditions.beginBatch()
    }

    mutating func note(_ record: borrowing Record, in facts: inout MutableSpan<UInt64>) {
        if !statusLeaves.isEmpty { noteStatus(record.status, in: &facts) }
        if !latencyLeaves.isEmpty {
            noteTimes(record.startTime, record.endTime, in: &facts)
        }
        if !attributes.isEmpty { attributes.note(record, in: &facts) }
        if !messageLeaves.isEmpty { messageLeaves.note(record, in: &facts) }
        if !conditions.isEmpty { conditions.note(record, in: &facts) }
        for position in adaptiveKeys.indices { adaptiveKeys[position].note(record, in: &facts) }
    }

    private func noteStatus(_ status: SpanStatus, in facts: inout MutableSpan<UInt64>) {
        let mask = status.mask
        for position in statusLeaves.indices where statusLeaves[position].statuses & mask != 0 {
            facts.set(statusLeaves[position].bit)
        }
    }

    private func noteTimes(
        _ start: UInt64, _ end: UInt64, in facts: inout MutableSpan<UInt64>
    ) {
        let word = timeWord
        // Zero is both "none yet" and a time, as in otelcol.
        if facts[word] == 0 || start < facts[word] { facts[word] = start }
        if facts[word + 1] == 0 || end > facts[word + 1] { facts[word + 1] = end }
        let milliseconds = LatencyLeaf.milliseconds(from: facts[word], to: facts[word + 1])
        for position in latencyLeaves.indices where latencyLeaves[position].holds(milliseconds) {
            facts.set(latencyLeaves[position].bit)
        }
    }
}

/// The place of a fact that is either so or not yet so.
struct FactBit: Sendable, Equatable {
    let word: Int
    let mask: UInt64
}

extension MutableSpan<UInt64> {
    @inline(__always)
    mutating func set(_ bit: FactBit) { self[bit.word] |= bit.mask }

    @inline(__always)
    func isSet(_ bit: FactBit) -> Bool { self[bit.word] & bit.mask != 0 }
}

extension Span<UInt64> {
    @inline(__always)
    func isSet(_ bit: FactBit) -> Bool { self[bit.word] & bit.mask != 0 }
}

/// How long a trace must be. Asked after each span, of the spans so far: so a trace that ends up
/// longer than the upper threshold may have been within it before, as in otelcol.
private struct LatencyLeaf: Sendable {
    let threshold: Int64
    /// 0 is none.
    let upperThreshold: Int64
    let bit: FactBit

    @inline(__always)
    func holds(_ milliseconds: Int64) -> Bool {
        upperThreshold == 0
            ? milliseconds >= threshold
            : threshold < milliseconds && milliseconds <= upperThreshold
    }

    /// Go's arithmetic: times are signed there, and differences stop at the largest.
    @inline(__always)
    static func milliseconds(from start: UInt64, to end: UInt64) -> Int64 {
        let last = Int64(bitPattern: end)
        let (difference, overflow) = last.subtractingReportingOverflow(Int64(bitPattern: start))
        let duration = overflow ? (last < 0 ? Int64.min : Int64.max) : difference
        return duration / 1_000_000
    }
}

extension SpanStatus {
    @inline(__always)
    fileprivate var mask: UInt8 {
        switch self {
        case .unset: 1
        case .ok: 2
        case .error: 4
        case .unknown: 8
        }
    }
}

import OTLP
import Primitives

/// The facts of the waiting traces, as many words for each as the policies want, by trace slot.
struct TraceFactTable: Sendable {
    private static let chunkShift = 10

    private let wordCount: Int
    private var chunks: [[UInt64]] = []

    init(wordCount: Int) {
        self.wordCount = wordCount
    }

    var bytesPerTrace: Int { wordCount * MemoryLayout<UInt64>.stride }

    /// Sets the facts of a trace to zeros.
    mutating func clear(_ slot: UInt32) {
        let chunk = Int(slot) &>> Self.chunkShift
        while chunks.count <= chunk {
            chunks.append([UInt64](repeating: 0, count: wordCount &<< Self.chunkShift))
        }
        let start = offset(of: slot)
        for word in start..<start &+ wordCount { chunks[chunk][word] = 0 }
    }

    /// Reads a word of each trace, so that waiting for their memory overlaps. What it returns says
    /// nothing.
    func load(_ slots: [UInt32]) -> UInt64 {
        var sum: UInt64 = 0
        if wordCount == 0 { return sum }
        for slot in slots where slot != WaitingTrace.none {
            sum &+= chunks[Int(slot) &>> Self.chunkShift][offset(of: slot)]
        }
        return sum
    }

    @inline(__always)
    mutating func note(
        _ record: borrowing Record, of slot: UInt32, with policies: inout PolicySet
    ) {
        let start = offset(of: slot)
        var all = chunks[Int(slot) &>> Self.chunkShift].mutableSpan
        var own = all._mutatingExtracting(start..<start &+ wordCount)
        policies.note(record, in: &own)
    }

    func isSettled(_ trace: TraceSummary, in slot: UInt32, by policies: PolicySet) -> Bool {
        let start = offset(of: slot)
        let chunk = chunks[Int(slot) &>> Self.chunkShift]
        return policies.settled(
            trace, facts: chunk.span.extracting(start..<start + wordCount))
    }

    func verdict(
        for trace: TraceSummary, in slot: UInt32, by policies: inout PolicySet, at now: Instant
    ) -> PolicyVerdict {
        let start = offset(of: slot)
        let chunk = chunks[Int(slot) &>> Self.chunkShift]
        return policies.verdict(
            for: trace, facts: chunk.span.extracting(start..<start + wordCount), at: now)
    }

    /// Gives back what a burst needed; there must be no trace.
    mutating func shrink() {
        if chunks.count > 1 { chunks.removeAll() }
    }

    @inline(__always)
    private func offset(of slot: UInt32) -> Int {
        Int(slot) & (1 &<< Self.chunkShift &- 1) &* wordCount
    }
}

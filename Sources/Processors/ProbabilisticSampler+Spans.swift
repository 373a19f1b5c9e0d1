import OTLP
import Primitives

/// Decides span by span, and writes randomness and threshold into the tracestate of those kept.
struct SpanSampler: Rewriter {
    private let rule: SamplingRule
    private(set) var tally = SamplingTally()
    private let priorityKey = SpanSampler.priorityKey
    private static let priorityKey = Array("sampling.priority".utf8)

    /// What a span's attribute `sampling.priority` says, after OpenTracing.
    private enum Priority {
        case none, drop, keep
    }

    init(_ rule: SamplingRule) {
        self.rule = rule
    }

    mutating func rewriteRecord(
        _ record: borrowing Record, into output: inout ByteBuffer
    ) -> Rewriting {
        let id = record.traceID
        if !record.mayHaveSamplingFields, let source = sourceOfRejection(id) {
            tally.add(source, isKept: false)
            return .remove
        }
        let fields = SamplingFields(of: record.message, attribute: priorityKey.span.bytes)
        var state = TraceState(fields.traceState)
        var finding = finding(id, state)
        if finding.isNew { state.setRandomness(finding.randomness) }
        if !finding.isFaulty, let arriving = state.threshold, !arriving.keeps(finding.randomness) {
            state.clearThreshold()
            finding.isFaulty = true
        }
        var threshold = rule.threshold(isFaulty: finding.isFaulty, arriving: state.threshold)
        switch priority(fields) {
        case .none: break
        case .drop:
            threshold = .never
            finding.source = .priority
        case .keep:
            threshold = .always
            finding.source = .priority
        }
        let isKept = threshold.keeps(finding.randomness)
        tally.add(finding.source, isKept: isKept)
        guard isKept else { return .remove }
        guard finding.isWritable else { return .keep }
        state.raiseThreshold(to: threshold)
        fields.appendSpan(to: &output, traceState: state)
        return .amend
    }

    /// If a span of which only the trace id counts is dropped, what its randomness comes from.
    @inline(__always)
    private func sourceOfRejection(_ id: TraceID?) -> RandomnessSource? {
        let finding = rule.finding(
            hashed: hashed(id), id, explicit: nil, arriving: nil, isMalformed: false)
        let threshold = rule.threshold(isFaulty: finding.isFaulty, arriving: nil)
        return threshold.keeps(finding.randomness) ? nil : finding.source
    }

    @inline(__always)
    private func hashed(_ id: TraceID?) -> SamplingFinding? {
        guard rule.mode == .hashSeed, let id, !id.isZero else { return nil }
        return SamplingFinding(rule.hash(id), .traceIDHash)
    }

    @inline(__always)
    private func finding(_ id: TraceID?, _ state: borrowing TraceState) -> SamplingFinding {
        rule.finding(
            hashed: hashed(id), id, explicit: state.randomness, arriving: state.threshold,
            isMalformed: state.isMalformed)
    }

    @inline(__always)
    private func priority(_ fields: borrowing SamplingFields) -> Priority {
        guard let value = fields.attribute else { return .none }
        guard let number = Self.number(value) else { return .none }
        return number == 0 ? .drop : number > 0 ? .keep : .none
    }

    private static func number(_ value: borrowing AnyValue) -> Double? {
        if let int = value.int { return Double(int) }
        if let double = value.double { return double }
        guard let text = value.string else { return nil }
        return number(in: text)
    }

    /// A number as Go's `ParseFloat` reads it: without spaces, not too large, and with an exponent
    /// if it is hexadecimal.
    private static func number(in text: RawSpan) -> Double? {
        let text = text.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        guard let number = Double(text) else { return nil }
        let letters = text.utf8.map { $0 | 0x20 }
        if letters.contains(UInt8(ascii: "x")), !letters.contains(UInt8(ascii: "p")) { return nil }
        if number.isInfinite, !letters.contains(UInt8(ascii: "n")) { return nil }
        return number
    }
}

extension SamplingFields {
    /// Appends the span with its tracestate as it is now.
    func appendSpan(to output: inout ByteBuffer, traceState: borrowing TraceState) {
        let mark = beginSpan(in: &output)
        traceState.append(to: &output)
        endSpan(mark, in: &output)
    }
}

import OTLP
import Primitives

/// What is written on kept spans, or their scopes, to say why they were kept.
struct SpanMark: Equatable, Sendable {
    /// The position of the policy that kept the trace.
    var policy: UInt16?
    var subPolicy: UInt16?
    /// The trace had been decided when the span came.
    var isLate = false
    /// Spans get a threshold in their trace state.
    var hasThreshold = false

    var isEmpty: Bool { self == SpanMark() }

    /// The spans with the mark; as they were if they cannot be marked.
    func marked(
        _ batch: Batch, _ policies: PolicySet, _ thresholds: [TraceID: UInt64]
    ) -> Batch {
        var rewriter = SpanMarking(self, policies, thresholds)
        return (try? batch.rewriting(with: &rewriter)) ?? batch
    }
}

/// Writes otelcol's attributes of its gate `recordpolicy` on scopes, and `ot=th` on spans.
private struct SpanMarking: Rewriter {
    /// Of the traces whose spans get one.
    private let thresholds: [TraceID: UInt64]
    private var attributes: [(key: StaticString, value: ByteBufferValue)] = []

    private enum ByteBufferValue {
        case text(String)
        case flag
    }

    init(_ mark: SpanMark, _ policies: PolicySet, _ thresholds: [TraceID: UInt64]) {
        self.thresholds = mark.hasThreshold ? thresholds : [:]
        if let policy = mark.policy {
            let verdict = PolicyVerdict(
                .sampled, because: .policy, policy: Int(policy),
                subPolicy: mark.subPolicy.map(Int.init))
            if let name = policies.policyName(of: verdict) {
                attributes.append(("tailsampling.policy", .text(name)))
            }
            if let name = policies.subPolicyName(of: verdict) {
                attributes.append(("tailsampling.composite_policy", .text(name)))
            }
        }
        if mark.isLate { attributes.append(("tailsampling.cached_decision", .flag)) }
    }

    mutating func leaveScope(
        _ scope: borrowing Message, into output: inout ByteBuffer
    ) -> Rewriting {
        if attributes.isEmpty { return .keep }
        var list = AttributeList()
        list.load(scope, ScopeTag.attributes)
        for (key, value) in attributes {
            let start = list.values.count
            switch value {
            case .text(let text): list.values.appendValue(string: text)
            case .flag: list.values.appendValue(bool: true)
            }
            let keyBytes = Array("\(key)".utf8)
            if let index = list.index(of: keyBytes.span.bytes, in: scope) {
                list.set(index, valueFrom: start)
            } else {
                list.append(keyBytes.span.bytes, valueFrom: start)
            }
        }
        list.write(scope, ScopeTag.attributes, into: &output)
        return .replace
    }

    /// A trace state that cannot be read stays as it is.
    mutating func rewriteRecord(
        _ record: borrowing Record, into output: inout ByteBuffer
    ) -> Rewriting {
        let id = record.traceID ?? TraceID(high: 0, low: 0)
        guard let rejected = thresholds[id] else { return .keep }
        let span = record.message
        let field = span.field(SpanTag.traceState)?.payload ?? 0..<0
        // A field lies behind the start of the message it belongs to.
        let start = max(field.lowerBound - span.range.lowerBound, 0)
        let text = span.bytes.extracting(start..<start + field.count)
        var state = TraceState(text)
        if state.isMalformed { return .keep }
        state.raiseThreshold(to: Threshold(rejecting: rejected))
        var written = ByteBuffer()
        state.append(to: &written)
        output.append(span, replacing: SpanTag.traceState, with: written.bytes)
        return .amend
    }
}

import ComponentTesting
import OTLP
import Primitives
import TestSupport

@testable import Processors

/// A span to be decided upon: what policies look at.
struct PolicySpan {
    var name = "work"
    var start: UInt64 = 1_000_000_000
    var end: UInt64 = 1_000_000_000
    /// 0 unset, 1 OK, 2 ERROR.
    var status: UInt64 = 0
    var attributes: [(String, Proto)] = []
    var resource: [(String, Proto)] = []
    var traceState = ""
    var flags: UInt32 = 0
    var isRoot = false
    var events: [String] = []

    func encoded(of trace: TraceID) -> Proto {
        var span = Proto()
            .bytes(1, trace.high.bigEndianBytes + trace.low.bigEndianBytes)
            .bytes(2, [1, 2, 3, 4, 5, 6, 7, 8])
        if !traceState.isEmpty { span = span.text(3, traceState) }
        if !isRoot { span = span.bytes(4, [8, 7, 6, 5, 4, 3, 2, 1]) }
        span = span.text(5, name).fixed64(7, start).fixed64(8, end)
        span = Self.adding(attributes, 9, to: span)
        for event in events { span = span.message(11, Proto().text(2, event)) }
        if status != 0 { span = span.message(15, Proto().varint(3, status)) }
        return flags == 0 ? span : span.fixed32(16, flags)
    }

    static func adding(_ attributes: [(String, Proto)], _ field: Int, to message: Proto) -> Proto {
        attributes.reduce(message) { message, pair in
            message.message(field, Proto().text(1, pair.0).message(2, pair.1))
        }
    }

    /// A span with one attribute.
    static func with(_ key: String, _ value: Proto) -> PolicySpan {
        PolicySpan(attributes: [(key, value)])
    }

    static func withResource(_ key: String, _ value: Proto) -> PolicySpan {
        PolicySpan(resource: [(key, value)])
    }
}

extension UInt64 {
    var bigEndianBytes: [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: self >> UInt64(56 - 8 * $0)) }
    }
}

extension Proto {
    // Values of attributes.
    static func string(_ text: String) -> Proto { Proto().text(1, text) }
    static func bool(_ value: Bool) -> Proto { Proto().varint(2, value ? 1 : 0) }
    static func int(_ value: Int) -> Proto { Proto().varint(3, UInt64(bitPattern: Int64(value))) }
    static func double(_ value: Double) -> Proto { Proto().fixed64(4, value.bitPattern) }
}

/// One trace in front of policies, growing span by span.
struct PolicyTrace {
    let id: TraceID
    private(set) var facts: [UInt64]
    private(set) var spanCount = 0
    var byteCount = 0

    init(_ id: TraceID = TraceID(high: 1, low: 2), for policies: PolicySet) {
        self.id = id
        facts = [UInt64](repeating: 0, count: policies.factWordCount)
    }

    var summary: TraceSummary {
        TraceSummary(
            id, spanCount: spanCount, byteCount: byteCount,
            firstArrival: Instant(nanoseconds: 0))
    }

    mutating func add(_ spans: [PolicySpan], to policies: inout PolicySet) {
        let groups = spans.map { span in
            Proto().message(
                1,
                Proto()
                    .message(1, PolicySpan.adding(span.resource, 1, to: Proto()))
                    .message(2, Proto().message(2, span.encoded(of: id))))
        }
        let body = Body(groups.flatMap(\.bytes))
        guard let batch = try? Batch(validating: body, as: .traces) else {
            preconditionFailure("a span of a test is not valid")
        }
        policies.beginBatch()
        batch.forEachRecord { record in
            var span = facts.mutableSpan
            policies.note(record, in: &span)
            spanCount += 1
        }
    }

    func verdict(of policies: inout PolicySet, at seconds: Double = 0) -> PolicyVerdict {
        policies.verdict(
            for: summary, facts: facts.span,
            at: Instant(nanoseconds: 1_000_000_000_000 + UInt64(seconds * 1e9)))
    }

    func isSettled(for policies: PolicySet) -> Bool {
        policies.settled(summary, facts: facts.span)
    }
}

extension PolicySet {
    /// Made of the text of a section, which must have no mistake.
    init(_ yaml: String) {
        let made = Self.read(yaml)
        precondition(made.report.isEmpty, made.report)
        self = made.value
    }

    static func read(_ yaml: String) -> SectionText<PolicySet> {
        SectionText(yaml, path: "processors.tail_sampling") { PolicySet(from: &$0) }
    }

    /// One policy, of a type and its options.
    init(_ type: String, _ options: String) {
        self.init("policies: [{name: p, type: \(type), \(type): \(options)}]")
    }

    /// Whether a trace with these spans is kept.
    func keeps(_ spans: [PolicySpan]) -> Bool {
        var policies = self
        var trace = PolicyTrace(for: policies)
        trace.add(spans, to: &policies)
        return trace.verdict(of: &policies).isKept
    }
}

extension PolicySet {
    /// Whether later traces would be decided alike.
    func hasSameState(as other: PolicySet) -> Bool {
        state.buckets == other.state.buckets
            && state.composites.map { $0.parts.map(\.sampled) }
                == other.state.composites.map { $0.parts.map(\.sampled) }
            && state.adaptives.map(\.rates.keyCount) == other.state.adaptives.map(\.rates.keyCount)
    }
}

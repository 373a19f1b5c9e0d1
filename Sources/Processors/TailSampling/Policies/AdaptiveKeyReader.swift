import OTLP
import Primitives

/// Reads the key of a trace, for `adaptive`, from its root span; before that one comes, from its
/// first span.
///
/// Three words of facts:
///
///     | what was seen · randomness, 56 bits | threshold that arrived | hash of the key |
struct AdaptiveKeyReader: Sendable {
    static let wordCount = 3
    static let spanName = "span.name"

    private static let sawSpan: UInt64 = 1 << 63
    private static let sawRoot: UInt64 = 1 << 62
    private static let hasRandomness: UInt64 = 1 << 61

    private let word: Int
    private var keys = AttributeKeys()
    /// For each field the position of its key; `nil` for the span's name.
    private var fields: [Int?] = []
    private var values: [Range<Int>] = []
    private var resourceValues: [Range<Int>] = []

    init(_ fields: [String], at word: Int) {
        self.word = word
        for field in fields {
            self.fields.append(field == Self.spanName ? nil : keys.insert(field))
        }
        values = [Range<Int>](repeating: -1 ..< -1, count: keys.count)
        resourceValues = values
    }

    // MARK: - Spans

    mutating func note(_ record: borrowing Record, in facts: inout MutableSpan<UInt64>) {
        let seen = facts[word]
        guard seen & Self.sawSpan == 0 || record.isRoot && seen & Self.sawRoot == 0 else { return }
        let message = record.message
        facts[word] = Self.sawSpan | (record.isRoot ? Self.sawRoot : 0)
        facts[word + 1] = 0
        if let text = message.payload(SpanTag.traceState), text.byteCount > 0 {
            noteTraceState(text, in: &facts)
        }
        facts[word + 2] = hash(of: message, record.resource)
    }

    private func noteTraceState(_ text: RawSpan, in facts: inout MutableSpan<UInt64>) {
        let state = TraceState(text)
        if state.isMalformed { return }
        if let randomness = state.randomness {
            facts[word] |= Self.hasRandomness | randomness.bits
        }
        facts[word + 1] = state.threshold?.rejected ?? 0
    }

    private mutating func hash(
        of span: borrowing Message, _ resource: borrowing Message
    ) -> UInt64 {
        let found = keys.find(in: span, SpanTag.attributes, into: &values)
        if found < keys.count {
            _ = keys.find(in: resource, ResourceTag.attributes, into: &resourceValues)
        }
        var hash: UInt64 = 0
        for field in fields {
            if let field {
                if values[field].lowerBound >= 0 {
                    hash = Self.hash(hash, span.value(at: values[field]))
                } else if resourceValues[field].lowerBound >= 0 {
                    hash = Self.hash(hash, resource.value(at: resourceValues[field]))
                } else {
                    hash = ByteStringSet.hash(RawSpan(), from: hash ^ 1)
                }
            } else {
                hash = Self.hash(hash, nameOf: span)
            }
        }
        return hash
    }

    private static func hash(_ hash: UInt64, _ value: borrowing AnyValue) -> UInt64 {
        let kind: UInt64 = value.kind == .string ? 3 : 4
        return ByteStringSet.hash(value.bytes, from: hash ^ kind)
    }

    private static func hash(_ hash: UInt64, nameOf span: borrowing Message) -> UInt64 {
        guard let name = span.payload(SpanTag.name) else { return hash ^ 2 }
        return ByteStringSet.hash(name, from: hash ^ 2)
    }

    // MARK: - Decisions

    func key(_ facts: Span<UInt64>) -> UInt64 { facts[word + 2] }

    /// With which the trace arrived.
    func threshold(_ facts: Span<UInt64>) -> Threshold {
        Threshold(rejecting: facts[word + 1])
    }

    func randomness(of id: TraceID, _ facts: Span<UInt64>) -> RandomValue {
        let seen = facts[word]
        return seen & Self.hasRandomness != 0 ? RandomValue(bits: seen) : RandomValue(id)
    }
}

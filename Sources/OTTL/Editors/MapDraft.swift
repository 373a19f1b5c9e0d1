import OTLP
import Primitives

/// The pairs of a map while an editor works on them. Pairs that stay as they are remain ranges of
/// the subject's body, and are copied as they stand.
struct MapDraft {
    struct Entry {
        var key: Text
        var value: Value
        /// The content of the pair's message, as long as nothing of it has changed.
        var source: Range<Int>?
    }

    var entries: [Entry]

    init() {
        entries = []
    }

    init(_ map: MapValue, in body: RawSpan) {
        entries = []
        switch map {
        case .own(let pairs):
            for pair in pairs { append(.own(pair.key), pair.value) }
        case .inBody(let range, let tag):
            var cursor = WireCursor(body, at: range.lowerBound)
            while let field = cursor.nextField(before: range.upperBound) {
                if field.tag == tag { entries.append(Self.entry(body, field.payload)) }
            }
        }
    }

    private static func entry(_ body: RawSpan, _ pair: Range<Int>) -> Entry {
        var key = 0..<0
        var value = 0..<0
        var cursor = WireCursor(body, at: pair.lowerBound)
        while let part = cursor.nextField(before: pair.upperBound) {
            if part.tag == KeyValueTag.key { key = part.payload }
            if part.tag == KeyValueTag.value { value = part.payload }
        }
        return Entry(
            key: .inBody(key), value: body.value(of: AnyValue(body, value)), source: pair)
    }

    mutating func append(_ key: Text, _ value: Value) {
        entries.append(Entry(key: key, value: value, source: nil))
    }

    mutating func setValue(_ value: Value, at position: Int) {
        entries[position].value = value
        entries[position].source = nil
    }

    /// As a value that does not know of messages.
    func map(in body: RawSpan) -> MapValue {
        .own(entries.map { MapEntry(body.copy(of: $0.key), $0.value) })
    }

    func write(
        _ tag: UInt32, in body: RawSpan, into output: inout ByteBuffer
    ) throws(EvaluationError) {
        for entry in entries {
            if let source = entry.source {
                output.appendField(tag, bytes: body.extracting(source))
            } else {
                try output.appendPair(tag, entry.key, entry.value, in: body)
            }
        }
    }
}

extension Path {
    /// Gives the path what an editor made of its map.
    func write(
        _ draft: MapDraft, for subject: borrowing Subject, into output: inout ByteBuffer
    ) throws(EvaluationError) -> Edit {
        let isPlain = field.form == .attributes || field.form == .point(.attributes)
        guard isPlain, keys.isEmpty else {
            let map = Value.map(draft.map(in: subject.body))
            return try write(map, for: subject, into: &output)
        }
        let tag = attributesTag(for: subject)
        return try subject.revised(context, into: &output) {
            (message, output) throws(EvaluationError) in
            output.append(message, without: tag)
            try draft.write(tag, in: message.body, into: &output)
        }
    }
}

import OTLP
import Primitives

/// Writing values as `message AnyValue`.
extension ByteBuffer {
    /// Levels of lists and maps within an attribute that are written: with what is around them, no
    /// deeper than parsers go.
    static let nestingLimit = 28

    /// The content of an `AnyValue`. Ranges in the value refer to `body`.
    mutating func appendAnyValue(
        _ value: Value, in body: RawSpan, depth: Int = 0
    ) throws(EvaluationError) {
        switch value {
        case .none: break
        case .bool(let bool): appendValue(bool: bool)
        case .int(let number): appendValue(int: number)
        case .double(let number): appendValue(double: number)
        case .string(let text): appendText(AnyValueTag.string, text, in: body)
        case .bytes(let text): body.withBytes(of: text) { appendValue(bytes: $0) }
        case .list(let list): try append(list, in: body, depth: depth)
        case .map(let map): try append(map, in: body, depth: depth)
        case .time, .duration, .traceID, .spanID, .profileID, .object, .pattern, .function:
            throw .mismatch(expected: "a value that an attribute can have", found: value.kind)
        }
    }

    private mutating func append(
        _ list: ListValue, in body: RawSpan, depth: Int
    ) throws(EvaluationError) {
        switch list {
        case .inBody(let range):
            try Self.check(depth + body.nesting(of: range, ListTag.values, isMap: false))
            appendField(AnyValueTag.array, bytes: body.extracting(range))
        case .own(let values):
            try Self.check(depth + 1)
            let mark = open(AnyValueTag.array)
            for value in values {
                let element = open(ListTag.values)
                try appendAnyValue(value, in: body, depth: depth + 1)
                close(element)
            }
            close(mark)
        }
    }

    private mutating func append(
        _ map: MapValue, in body: RawSpan, depth: Int
    ) throws(EvaluationError) {
        if case .inBody(let range, let tag) = map {
            try Self.check(depth + body.nesting(of: range, tag, isMap: true))
        } else {
            try Self.check(depth + 1)
        }
        let mark = open(AnyValueTag.keyValueList)
        try appendPairs(of: map, ListTag.values, in: body, depth: depth + 1)
        close(mark)
    }

    /// The pairs of a map as fields with a tag.
    mutating func appendPairs(
        of map: MapValue, _ tag: UInt32, in body: RawSpan, depth: Int = 0
    ) throws(EvaluationError) {
        switch map {
        case .inBody(let range, let sourceTag):
            var cursor = WireCursor(body, at: range.lowerBound)
            while let field = cursor.nextField(before: range.upperBound) {
                if field.tag == sourceTag {
                    appendField(tag, bytes: body.extracting(field.payload))
                }
            }
        case .own(let entries):
            for entry in entries {
                try appendPair(tag, .own(entry.key), entry.value, in: body, depth: depth)
            }
        }
    }

    mutating func appendPair(
        _ tag: UInt32, _ key: Text, _ value: Value, in body: RawSpan, depth: Int = 0
    ) throws(EvaluationError) {
        let pair = open(tag)
        appendText(KeyValueTag.key, key, in: body)
        let mark = open(KeyValueTag.value)
        try appendAnyValue(value, in: body, depth: depth)
        close(mark)
        close(pair)
    }

    /// A string. What is not UTF-8 becomes U+FFFD: protobuf's strings are UTF-8.
    mutating func appendText(_ tag: UInt32, _ text: Text, in body: RawSpan) {
        body.withBytes(of: text) { bytes in
            let cursor = WireCursor(bytes)
            if (try? cursor.validateUTF8(before: bytes.byteCount)) != nil {
                appendField(tag, bytes: bytes)
            } else {
                let repaired = bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
                appendField(tag, string: repaired)
            }
        }
    }

    private static func check(_ depth: Int) throws(EvaluationError) {
        if depth > nestingLimit {
            throw .failed("lists and maps would be nested deeper than \(nestingLimit) levels")
        }
    }
}

extension RawSpan {
    /// How many levels of lists and maps there are in the content of one. What has been validated
    /// has no more than `WireCursor.nestingLimit`.
    fileprivate func nesting(of range: Range<Int>, _ tag: UInt32, isMap: Bool) -> Int {
        var deepest = 0
        if isMap {
            var pairs = Message(self, range).attributes(tag)
            while let pair = pairs.next() { deepest = Swift.max(deepest, nesting(of: pair.value)) }
        } else {
            var elements = Message(self, range).messages(tag)
            while let element = elements.next() {
                deepest = Swift.max(deepest, nesting(of: AnyValue(self, element.range)))
            }
        }
        return deepest + 1
    }

    private func nesting(of value: borrowing AnyValue) -> Int {
        switch value.kind {
        case .array: nesting(of: value.payload, ListTag.values, isMap: false)
        case .keyValueList: nesting(of: value.payload, ListTag.values, isMap: true)
        default: 0
        }
    }
}

extension Value {
    /// Elements that an index beyond an empty list makes at most.
    private static let paddingLimit: Int64 = 10_000

    /// The value with another one at the end of some keys: missing keys are made, an empty value
    /// becomes a map or a list.
    func setting(
        _ keys: ArraySlice<PathKey>, to value: Value, for subject: borrowing Subject
    ) throws(EvaluationError) -> Value {
        guard let key = keys.first else { return value }
        let rest = keys.dropFirst()
        switch (self, try key.resolved(for: subject)) {
        case (.none, .string(let name)):
            let inner = try Value.none.setting(rest, to: value, for: subject)
            return .map(.own([MapEntry(name, inner)]))
        case (.map(let map), .string(let name)):
            var entries = subject.body.entries(of: map)
            if let position = entries.firstIndex(where: { $0.key == name }) {
                entries[position].value = try entries[position].value.setting(
                    rest, to: value, for: subject)
            } else {
                let inner = try Value.none.setting(rest, to: value, for: subject)
                entries.append(MapEntry(name, inner))
            }
            return .map(.own(entries))
        case (.none, .int(let index)):
            guard index >= 0, index < Self.paddingLimit else { throw .outOfBounds(index: index) }
            var elements = [Value](repeating: .none, count: Int(index))
            elements.append(try Value.none.setting(rest, to: value, for: subject))
            return .list(.own(elements))
        case (.list(let list), .int(let index)):
            var elements = subject.body.elements(of: list)
            guard index >= 0, index < elements.count else { throw .outOfBounds(index: index) }
            elements[Int(index)] = try elements[Int(index)].setting(
                rest, to: value, for: subject)
            return .list(.own(elements))
        case (_, let key): throw .notIndexable(kind, by: key.kind)
        }
    }
}

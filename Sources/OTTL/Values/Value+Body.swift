import OTLP
import Primitives

/// From bytes to values, without copying text.
extension RawSpan {
    /// The value of a `message AnyValue` in this body.
    package func value(of any: borrowing AnyValue) -> Value {
        switch any.kind {
        case .empty: .none
        case .string: .string(.inBody(any.payload))
        case .bytes: .bytes(.inBody(any.payload))
        case .bool: .bool(any.bool ?? false)
        case .int: .int(any.int ?? 0)
        case .double: .double(any.double ?? 0)
        case .array: .list(.inBody(any.payload))
        case .keyValueList: .map(.inBody(any.payload, tag: ListTag.values))
        }
    }

    /// The elements of a list, each as a value.
    package func elements(of list: ListValue) -> [Value] {
        switch list {
        case .own(let values): return values
        case .inBody(let range):
            var values: [Value] = []
            var messages = Message(self, range).messages(ListTag.values)
            while let message = messages.next() {
                values.append(value(of: AnyValue(self, message.range)))
            }
            return values
        }
    }

    package func count(of list: ListValue) -> Int {
        switch list {
        case .own(let values): values.count
        case .inBody(let range): count(of: ListTag.values, in: range)
        }
    }

    /// An element of a list, `nil` beyond its ends.
    package func element(_ index: Int64, of list: ListValue) -> Value? {
        guard index >= 0 else { return nil }
        switch list {
        case .own(let values):
            return index < values.count ? values[Int(index)] : nil
        case .inBody(let range):
            var rest = index
            var messages = Message(self, range).messages(ListTag.values)
            while let message = messages.next() {
                if rest == 0 { return value(of: AnyValue(self, message.range)) }
                rest -= 1
            }
            return nil
        }
    }

    /// The pairs of a map. Keys are copied, values are not.
    package func entries(of map: MapValue) -> [MapEntry] {
        switch map {
        case .own(let entries): return entries
        case .inBody(let range, let tag):
            var entries: [MapEntry] = []
            var attributes = Message(self, range).attributes(tag)
            while let attribute = attributes.next() {
                let key = attribute.key.withUnsafeBytes { [UInt8]($0) }
                entries.append(MapEntry(key, value(of: attribute.value)))
            }
            return entries
        }
    }

    package func count(of map: MapValue) -> Int {
        switch map {
        case .own(let entries): entries.count
        case .inBody(let range, let tag): count(of: tag, in: range)
        }
    }

    /// The value of the first pair with a key, `nil` if there is none.
    package func value(_ key: RawSpan, in map: MapValue) -> Value? {
        switch map {
        case .own(let entries):
            for entry in entries where entry.key.span.bytes.hasSameBytes(as: key) {
                return entry.value
            }
            return nil
        case .inBody(let range, let tag):
            guard let found = Message(self, range).attribute(key, in: tag) else { return nil }
            return value(of: found)
        }
    }

    /// How many fields with a tag a message has.
    package func count(of tag: UInt32, in range: Range<Int>) -> Int {
        var count = 0
        var messages = Message(self, range).messages(tag)
        while messages.next() != nil { count += 1 }
        return count
    }

    /// The value without ranges: it stays good when the body is gone.
    package func owned(_ value: Value) -> Value {
        switch value {
        case .string(.inBody(let range)): .string(.own(copy(of: .inBody(range))))
        case .bytes(.inBody(let range)): .bytes(.own(copy(of: .inBody(range))))
        case .list(let list): .list(.own(elements(of: list).map { owned($0) }))
        case .map(let map):
            .map(.own(entries(of: map).map { MapEntry($0.key, owned($0.value)) }))
        default: value
        }
    }
}

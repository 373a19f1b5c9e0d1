import Configuration
import OTLP
import Primitives

/// One entry of `attributes` or `resources`: a key that has to be there, perhaps with a value.
struct AttributeRule: Sendable {
    private let key: [UInt8]
    private let expectation: Expectation

    private enum Expectation: Sendable {
        /// Any value will do.
        case presence
        /// Of the same type and equal.
        case value(ConfiguredValue)
        case text(TextSet)
    }

    /// - Parameter value: `nil` if only the key has to be there.
    init(key: String, equals value: ConfiguredValue?) {
        self.key = Array(key.utf8)
        expectation = value.map(Expectation.value) ?? .presence
    }

    init(key: String, matches texts: TextSet) {
        self.key = Array(key.utf8)
        expectation = .text(texts)
    }

    /// Whether the message has such an attribute in a field. Of equal keys the first one counts.
    func holds(for message: borrowing Message, in tag: UInt32) -> Bool {
        guard let value = message.attribute(key.span.bytes, in: tag) else { return false }
        switch expectation {
        case .presence: return true
        case .value(let expected): return expected.equals(value)
        case .text(let texts): return texts.contains(textOf: value, isTyped: true)
        }
    }
}

extension [AttributeRule] {
    func allHold(for message: borrowing Message, in tag: UInt32) -> Bool {
        for rule in self where !rule.holds(for: message, in: tag) { return false }
        return true
    }
}

/// A value as the configuration has it, with YAML's type.
indirect enum ConfiguredValue: Sendable, Equatable {
    case empty
    case string([UInt8])
    case bool(Bool)
    case int(Int64)
    case double(Double)
    case list([ConfiguredValue])
    case map([Entry])

    struct Entry: Sendable, Equatable {
        let key: [UInt8]
        let value: ConfiguredValue
    }

    init(_ node: Node) {
        switch node.content {
        case .broken: self = .empty
        case .sequence(let items): self = .list(items.map(ConfiguredValue.init))
        case .mapping(let mapping):
            self = .map(
                mapping.entries.map {
                    Entry(key: Array($0.key.utf8), value: ConfiguredValue($0.value))
                })
        case .scalar(let scalar):
            switch scalar.value {
            case .null: self = .empty
            case .boolean(let value): self = .bool(value)
            case .integer(let value): self = .int(Int64(value))
            case .number(let value): self = .double(value)
            case .string(let text): self = .string(Array(text.utf8))
            }
        }
    }

    /// Whether a value has the same type and content; maps in any order. Goes as deep as the
    /// configuration does.
    func equals(_ value: borrowing AnyValue) -> Bool {
        switch self {
        case .empty: return value.kind == .empty
        case .string(let text): return value.string?.hasSameBytes(as: text.span.bytes) == true
        case .bool(let expected): return value.bool == expected
        case .int(let expected): return value.int == expected
        case .double(let expected): return value.double == expected
        case .list(let items): return Self.areEqual(items, value)
        case .map(let entries): return Self.areEqual(entries, value)
        }
    }

    private static func areEqual(_ items: [ConfiguredValue], _ value: borrowing AnyValue) -> Bool {
        guard value.kind == .array else { return false }
        var elements = value.elements
        for item in items {
            guard let element = elements.next(), item.equals(element) else { return false }
        }
        return elements.next() == nil
    }

    private static func areEqual(_ entries: [Entry], _ value: borrowing AnyValue) -> Bool {
        guard value.kind == .keyValueList else { return false }
        var count = 0
        var attributes = value.attributes
        while let attribute = attributes.next() {
            count &+= 1
            guard let entry = entries.first(where: { $0.hasKey(attribute.key) }),
                entry.value.equals(attribute.value)
            else { return false }
        }
        return count == entries.count
    }
}

extension ConfiguredValue.Entry {
    func hasKey(_ other: RawSpan) -> Bool { other.hasSameBytes(as: key.span.bytes) }
}

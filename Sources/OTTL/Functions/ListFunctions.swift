import Primitives

/// Lists and maps: what is in them, and making one of the other.
enum ListFunctions {
    static let all: [Function] = [
        Function("ContainsValue", [.target(.list), Parameter("item", .any)]) { arguments in
            let body = arguments.body
            let item = arguments[1]
            return .bool(arguments.list(0).contains { body.holds(.equal, $0, item) })
        },
        Function("Keys", [.target(.map)]) { arguments in
            .list(.own(arguments.map(0).map { .string($0.key) }))
        },
        Function("Values", [.target(.map)]) { arguments in
            .list(.own(arguments.map(0).map(\.value)))
        },
        Function(
            "SliceToMap",
            [
                .target(.list), .option("key_path", .listOf(.string), default: .none),
                .option("value_path", .listOf(.string), default: .none),
            ], sliceToMap),
        Function(
            "Sort", [.target(.list), .option("order", default: .string("asc"))], binding: sort),
    ]

    // MARK: SliceToMap

    private static func sliceToMap(
        _ arguments: borrowing Arguments
    ) throws(EvaluationError) -> Value {
        let body = arguments.body
        let keyPath = arguments.list(1).map { body.copy(of: $0) }
        let valuePath = arguments.list(2).map { body.copy(of: $0) }
        var entries: [MapEntry] = []
        for (index, element) in arguments.list(0).enumerated() {
            let key = try key(of: element, at: index, keyPath, in: body)
            entries.append(MapEntry(key, try value(at: valuePath, of: element, in: body)))
        }
        return .map(.own(entries.uniqued()))
    }

    /// The string at the path; without a path, the position.
    private static func key(
        of element: Value, at index: Int, _ path: [[UInt8]], in body: RawSpan
    ) throws(EvaluationError) -> [UInt8] {
        if path.isEmpty { return Array(String(index).utf8) }
        let key = try value(at: path, of: element, in: body)
        guard case .string(let text) = key else {
            throw .mismatch(expected: "a string as a key", found: key.kind)
        }
        return body.copy(of: text)
    }

    private static func value(
        at path: [[UInt8]], of element: Value, in body: RawSpan
    ) throws(EvaluationError) -> Value {
        if path.isEmpty { return element }
        guard case .map = element else {
            throw .mismatch(expected: "a list of maps", found: element.kind)
        }
        guard let value = body.value(at: path, of: element) else { throw .keyNotFound }
        return value
    }

    // MARK: Sort

    private static func sort(
        _ literals: [Value?]
    ) throws(ArgumentMistake) -> Function.Implementation {
        let order = literals.literalText(1) ?? "asc"
        guard order == "asc" || order == "desc" else {
            throw ArgumentMistake(1, "'\(order)' is not an order", hint: "use 'asc' or 'desc'")
        }
        let isDescending = order == "desc"
        return { arguments throws(EvaluationError) in try sorted(arguments, isDescending) }
    }

    /// Elements keep their kinds: numbers are sorted as such, anything mixed with strings by its
    /// text.
    private static func sorted(
        _ arguments: borrowing Arguments, _ isDescending: Bool
    ) throws(EvaluationError) -> Value {
        let body = arguments.body
        let elements = arguments.list(0)
        if let other = elements.first(where: { !$0.isSortable }) {
            throw .mismatch(expected: "strings, numbers and bools to sort", found: other.kind)
        }
        if elements.allSatisfy(\.isNumber) {
            let numbers = elements.map { SortableNumber($0) }
            return picked(elements, by: numbers, isDescending)
        }
        let texts = elements.map { SortableText(bytes: body.plainText(of: $0)) }
        return picked(elements, by: texts, isDescending)
    }

    private static func picked<Key: Comparable>(
        _ elements: [Value], by keys: [Key], _ isDescending: Bool
    ) -> Value {
        let order = elements.indices.sorted { left, right in
            if keys[left] == keys[right] { return left < right }
            return (keys[left] < keys[right]) != isDescending
        }
        return .list(.own(order.map { elements[$0] }))
    }

    private struct SortableText: Comparable {
        let bytes: [UInt8]

        static func < (left: Self, right: Self) -> Bool {
            left.bytes.lexicographicallyPrecedes(right.bytes)
        }
    }

    /// A number, integers exact among each other; what is no number comes first, as in Go.
    private struct SortableNumber: Comparable {
        let value: Value

        init(_ value: Value) { self.value = value }

        private var double: Double {
            switch value {
            case .int(let number): Double(number)
            case .double(let number): number
            default: 0
            }
        }

        static func < (left: Self, right: Self) -> Bool {
            if case .int(let left) = left.value, case .int(let right) = right.value {
                return left < right
            }
            return left.double < right.double || (left.double.isNaN && !right.double.isNaN)
        }

        static func == (left: Self, right: Self) -> Bool {
            !(left < right) && !(right < left)
        }
    }
}

extension Value {
    fileprivate var isNumber: Bool {
        switch self {
        case .int, .double: true
        default: false
        }
    }

    fileprivate var isSortable: Bool {
        switch self {
        case .int, .double, .string, .bool, .none: true
        default: false
        }
    }
}

extension RawSpan {
    /// The bytes of a string; none of anything else.
    func copy(of value: Value) -> [UInt8] {
        if case .string(let text) = value { copy(of: text) } else { [] }
    }

    /// What a map of maps has at a path of keys.
    func value(at path: [[UInt8]], of value: Value) -> Value? {
        var value = value
        for key in path {
            guard case .map(let map) = value, let next = self.value(key.span.bytes, in: map)
            else { return nil }
            value = next
        }
        return value
    }

    /// The text of a value as pdata's `AsString` makes it: strings as they are, bytes in base64,
    /// nothing of what is absent, and JSON of the rest.
    func plainText(of value: Value) -> [UInt8] {
        switch value {
        case .none: []
        case .string(let text): copy(of: text)
        case .bytes(let text): withBytes(of: text) { Base64.standard.encoded($0) }
        case .duration(let duration): Array(GoDuration.text(duration).utf8)
        case .time(let time): Array(time.description.utf8)
        case .traceID(let id), .profileID(let id): id.hexadecimalDigits
        case .spanID(let id): id.hexadecimalDigits
        case .double(let number) where !number.isFinite:
            Array((number.isNaN ? "NaN" : number < 0 ? "-Inf" : "+Inf").utf8)
        default: (try? json(value)) ?? []
        }
    }
}

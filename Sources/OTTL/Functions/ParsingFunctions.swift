import Primitives

/// Structure from text: JSON, pairs, rows, numbers, levels.
enum ParsingFunctions {
    static let all: [Function] = [
        Function("ParseJSON", [.target(.string)]) { arguments throws(EvaluationError) in
            let value = try arguments.withBytes(0) { text throws(EvaluationError) in
                try JSONReader.value(text)
            }
            switch value {
            case .map, .list: return value
            default: throw .mismatch(expected: "a JSON object or array", found: value.kind)
            }
        },
        Function(
            "ParseKeyValue",
            [
                .target(.string), .option("delimiter", default: .string("=")),
                .option("pair_delimiter", default: .string(" ")),
            ], binding: parseKeyValue),
        Function(
            "ToKeyValueString",
            [
                .target(.map), .option("delimiter", default: .string("=")),
                .option("pair_delimiter", default: .string(" ")),
                .option("sort_output", .bool, default: .bool(false)),
            ], binding: toKeyValueString),
        Function(
            "ParseCSV",
            [
                .target(.string), Parameter("header", .string),
                .option("delimiter", default: .string(",")),
                .option("header_delimiter", default: .none),
                .option("mode", default: .string("strict")),
            ], binding: parseCSV),
        Function("ParseInt", [.target(.string), Parameter("base", .int)], parseInt),
        Function(
            "ParseSeverity", [.target(.any), Parameter("mapping", .map)], parseSeverity),
        Function("IsValidLuhn", [.target(.stringLike)], isValidLuhn),
        Function("Log", [.target(.doubleLike)]) { arguments throws(EvaluationError) in
            guard case .double(let number) = arguments[0] else {
                throw .mismatch(expected: "a number", found: arguments[0].kind)
            }
            guard number > 0 else { throw .failed("only positive numbers have a logarithm") }
            return .double(logarithm(number))
        },
    ]

    // MARK: Pairs

    /// Two different delimiters; an empty one stands for `=` or a space if `allowsEmpty`.
    private static func delimiters(
        _ literals: [Value?], allowsEmpty: Bool
    ) throws(ArgumentMistake) -> (inner: [UInt8], outer: [UInt8]) {
        var inner = literals.literal(1)?.literalBytes ?? [UInt8(ascii: "=")]
        var outer = literals.literal(2)?.literalBytes ?? [UInt8(ascii: " ")]
        if inner.isEmpty, allowsEmpty { inner = [UInt8(ascii: "=")] }
        if outer.isEmpty, allowsEmpty { outer = [UInt8(ascii: " ")] }
        guard !inner.isEmpty else { throw ArgumentMistake(1, "is an empty delimiter") }
        guard !outer.isEmpty else { throw ArgumentMistake(2, "is an empty delimiter") }
        guard inner != outer else {
            throw ArgumentMistake(2, "is the same delimiter for pairs as for keys and values")
        }
        return (inner, outer)
    }

    private static func parseKeyValue(
        _ literals: [Value?]
    ) throws(ArgumentMistake) -> Function.Implementation {
        let (inner, outer) = try delimiters(literals, allowsEmpty: true)
        return { arguments throws(EvaluationError) in
            let text = arguments.bytes(0)
            guard !text.isEmpty else { throw .failed("an empty string has no pairs") }
            var entries: [MapEntry] = []
            for pair in try QuotedText.pieces(of: text, between: outer) {
                let bytes = pair.span.bytes
                guard let end = bytes.firstOffset(of: inner.span.bytes) else {
                    throw .failed("a pair has no delimiter between its key and its value")
                }
                let key = WhiteSpace.trimmed(pair[..<end])
                let value = WhiteSpace.trimmed(pair[(end + inner.count)...])
                entries.append(MapEntry(Array(key), .string(Array(value))))
            }
            return .map(.own(entries.uniqued()))
        }
    }

    private static func toKeyValueString(
        _ literals: [Value?]
    ) throws(ArgumentMistake) -> Function.Implementation {
        let (inner, outer) = try delimiters(literals, allowsEmpty: false)
        var isSorted = false
        if case .bool(true) = literals.literal(3) { isSorted = true }
        return { [isSorted] arguments in
            var entries = arguments.map(0)
            if isSorted { entries.sort { $0.key.lexicographicallyPrecedes($1.key) } }
            var result: [UInt8] = []
            for (index, entry) in entries.enumerated() {
                if index > 0 { result += outer }
                result += QuotedText.quoted(entry.key, inner, outer)
                result += inner
                result += QuotedText.quoted(
                    arguments.body.plainText(of: entry.value), inner, outer)
            }
            return .string(result)
        }
    }

    // MARK: Rows

    private static func parseCSV(
        _ literals: [Value?]
    ) throws(ArgumentMistake) -> Function.Implementation {
        let delimiter = try character(literals, 2) ?? [UInt8(ascii: ",")]
        let headerDelimiter = try character(literals, 3) ?? delimiter
        let name = literals.literalText(4) ?? "strict"
        guard let mode = CSVRow.Mode(rawValue: name) else {
            throw ArgumentMistake(
                4, "'\(name)' is not a mode",
                hint: "use 'strict', 'lazyQuotes' or 'ignoreQuotes'")
        }
        return { arguments throws(EvaluationError) in
            let header = arguments.bytes(1)
            guard !header.isEmpty else { throw .failed("the header is empty") }
            let names = header.span.bytes.pieces(between: headerDelimiter.span.bytes)
            let fields = try CSVRow.fields(
                of: arguments.bytes(0), delimiter: delimiter, mode: mode)
            guard names.count == fields.count else {
                throw .failed(
                    "the row has \(fields.count) fields, and its header has \(names.count)")
            }
            let entries = zip(names, fields).map {
                MapEntry(Array(header[$0]), .string($1))
            }
            return .map(.own(entries.uniqued()))
        }
    }

    private static func character(
        _ literals: [Value?], _ position: Int
    ) throws(ArgumentMistake) -> [UInt8]? {
        guard let text = literals.literalText(position) else { return nil }
        guard text.unicodeScalars.count == 1, !["\"", "\n", "\r"].contains(text) else {
            throw ArgumentMistake(position, "is not a single character that can delimit fields")
        }
        return Array(text.utf8)
    }

    // MARK: Numbers and levels

    private static func parseInt(
        _ arguments: borrowing Arguments
    ) throws(EvaluationError) -> Value {
        let base = arguments.int(1)
        guard base == 0 || (2...36).contains(base) else {
            throw .failed("the base of a number is 0, or from 2 to 36")
        }
        guard let number = GoInteger.parsed(arguments.bytes(0), base: base) else {
            throw .failed("the string is no number in base \(base), or does not fit")
        }
        return .int(number)
    }

    private static func isValidLuhn(
        _ arguments: borrowing Arguments
    ) throws(EvaluationError) -> Value {
        guard !arguments.isNone(0) else {
            throw .mismatch(expected: "a string of digits", found: .none)
        }
        let digits = arguments.bytes(0).filter { $0 != 0x20 }
        guard digits.allSatisfy(\.isDigit) else {
            throw .failed("a number to check has a character that is no digit")
        }
        guard let last = digits.last else { return .bool(false) }
        var sum = 0
        for (index, digit) in digits.dropLast().reversed().enumerated() {
            let number = Int(digit - UInt8(ascii: "0")) * (index % 2 == 0 ? 2 : 1)
            sum = (sum + (number > 9 ? number - 9 : number)) % 10
        }
        return .bool((10 - sum) % 10 == Int(last - UInt8(ascii: "0")))
    }

    /// The first level of the mapping, one criterion of which holds.
    private static func parseSeverity(
        _ arguments: borrowing Arguments
    ) throws(EvaluationError) -> Value {
        let target = arguments[0]
        switch target {
        case .string, .int: break
        default: throw .mismatch(expected: "a string or an int", found: target.kind)
        }
        let body = arguments.body
        for level in arguments.map(1) {
            guard case .list(let criteria) = level.value else {
                throw .failed("the criteria of a level are a list")
            }
            for criterion in body.elements(of: criteria)
            where SeverityCriterion(criterion).holds(for: target, in: body) {
                return .string(level.key)
            }
        }
        throw .failed("no level has a criterion for the value")
    }
}

/// `{"equals": ["a", …]}`, `{"range": {"min": 1, "max": 9}}` or `{"range": "2xx"}`; also, as older
/// versions of otelcol have it, a string or `{"min": 1, "max": 9}` alone.
private struct SeverityCriterion {
    private let value: Value

    init(_ value: Value) { self.value = value }

    func holds(for target: Value, in body: RawSpan) -> Bool {
        guard case .map(let map) = value else { return holds(value, target, body) }
        if case .list(let list) = member("equals", of: map, body) {
            if body.elements(of: list).contains(where: { body.holds(.equal, $0, target) }) {
                return true
            }
        }
        if let range = member("range", of: map, body) { return holds(range, target, body) }
        return holds(value, target, body)
    }

    private func member(_ key: String, of map: MapValue, _ body: RawSpan) -> Value? {
        body.value(Array(key.utf8).span.bytes, in: map)
    }

    /// A string that is equal, a range of numbers, or the name of one.
    private func holds(_ value: Value, _ target: Value, _ body: RawSpan) -> Bool {
        switch (value, target) {
        case (.string, .string): return body.holds(.equal, value, target)
        case (.string(let name), .int(let number)):
            let digits = body.copy(of: name)
            guard digits.count == 3, digits[1...].elementsEqual("xx".utf8),
                (UInt8(ascii: "2")...UInt8(ascii: "5")).contains(digits[0])
            else { return false }
            return number / 100 == Int64(digits[0] - UInt8(ascii: "0"))
        case (.map(let map), .int(let number)):
            guard case .int(let lowest) = member("min", of: map, body),
                case .int(let highest) = member("max", of: map, body)
            else { return false }
            return lowest <= number && number <= highest
        default: return false
        }
    }
}

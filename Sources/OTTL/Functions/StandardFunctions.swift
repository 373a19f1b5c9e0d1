/// All converters, by what they are about. A new one is a line in one of these lists.
extension FunctionTable {
    package static let standard = FunctionTable(
        KindFunctions.all + TextFunctions.all + CaseFunctions.all + PatternFunctions.all
            + HashFunctions.all + EncodingFunctions.all + TimeFunctions.all
            + TimePartFunctions.all + ListFunctions.all + ParsingFunctions.all
            + FormatFunctions.all + NetworkFunctions.all + contextFunctions)

    /// Converters of otelcol that this build does not have, and what to use instead.
    package static let missing: [String: String] = {
        let lambda = "functions that take a lambda are an experiment of otelcol's"
        let xml = "XML is not parsed in this build"
        return [
            "All": lambda, "Any": lambda, "Filter": lambda, "Find": lambda, "MapEach": lambda,
            "MapKeys": lambda, "Reduce": lambda, "When": lambda,
            "ParseXML": xml, "ParseSimplifiedXML": xml, "GetXML": xml, "InsertXML": xml,
            "RemoveXML": xml, "ConvertAttributesToElementsXML": xml,
            "ConvertTextToElementsXML": xml,
            "UserAgent": "take it apart with ExtractPatterns",
            "ParseCLF": "take it apart with ExtractGrokPatterns",
            "ParseLEEF": "take it apart with ParseKeyValue",
            "AdjustedCount": "it is a function of otelcol's count connectors",
        ]
    }()
}

extension Parameter {
    /// The parameter most functions begin with.
    static func target(_ kind: ParameterKind) -> Parameter { Parameter("target", kind) }

    /// A literal that may be left out.
    static func option(_ name: String, _ kind: ParameterKind = .string, default fallback: Value)
        -> Parameter
    {
        Parameter(name, .literal(kind), default: fallback)
    }
}

extension Value {
    /// The text of a literal; empty if it is of another kind.
    var literalText: String {
        switch self {
        case .string(.own(let bytes)), .bytes(.own(let bytes)):
            String(decoding: bytes, as: UTF8.self)
        default: ""
        }
    }

    var literalBytes: [UInt8] {
        switch self {
        case .string(.own(let bytes)), .bytes(.own(let bytes)): bytes
        default: []
        }
    }

    static func string(_ bytes: [UInt8]) -> Value { .string(.own(bytes)) }

    static func strings(_ texts: [String]) -> Value { .list(.own(texts.map { .string($0) })) }
}

extension [Value?] {
    /// The literal at a position; nil if there is none, or the argument is left out.
    func literal(_ position: Int) -> Value? {
        guard position < count, let value = self[position], !value.isNone else { return nil }
        return value
    }

    /// The text of the literal at a position.
    func literalText(_ position: Int) -> String? { literal(position)?.literalText }
}

extension Text {
    /// A part of the text: of the body if the text is, otherwise a copy.
    func part(_ range: Range<Int>) -> Text {
        switch self {
        case .inBody(let whole):
            .inBody(whole.lowerBound + range.lowerBound..<whole.lowerBound + range.upperBound)
        case .own(let bytes): .own(Array(bytes[range]))
        }
    }
}

extension Arguments {
    /// The text of a string or of bytes.
    func text(_ position: Int) -> Text {
        switch self[position] {
        case .string(let text), .bytes(let text): text
        default: .own([])
        }
    }
}

extension [MapEntry] {
    /// The entries with each key once: in the place of the first, with the value of the last.
    func uniqued() -> [MapEntry] {
        var positions: [[UInt8]: Int] = [:]
        var result: [MapEntry] = []
        for entry in self {
            if let position = positions[entry.key] {
                result[position].value = entry.value
            } else {
                positions[entry.key] = result.count
                result.append(entry)
            }
        }
        return result
    }
}

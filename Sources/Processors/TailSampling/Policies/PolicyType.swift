import Configuration

/// The types of policies, as otelcol's users write them.
enum PolicyType: String, CaseIterable, Sendable {
    case alwaysSample = "always_sample"
    case latency
    case numericAttribute = "numeric_attribute"
    case probabilistic
    case statusCode = "status_code"
    case stringAttribute = "string_attribute"
    case rateLimiting = "rate_limiting"
    case bytesLimiting = "bytes_limiting"
    case spanCount = "span_count"
    case traceState = "trace_state"
    case traceFlags = "trace_flags"
    case booleanAttribute = "boolean_attribute"
    case ottlCondition = "ottl_condition"
    case and
    case not
    case drop
    case composite
    case adaptive

    /// The types that have no options.
    var hasSection: Bool { self != .alwaysSample && self != .traceFlags }
}

/// Where a policy stands, which limits what type it may have, and how deep they nest.
enum PolicyPlace: Sendable {
    case list
    /// Within `and` or `drop`.
    case conjunct
    /// Within `not`.
    case negated
    /// Within `composite`.
    case allocated

    var types: [PolicyType] {
        switch self {
        case .list: PolicyType.allCases
        case .conjunct: PolicyType.allCases.filter { $0.isSimple || $0 == .not }
        case .negated: PolicyType.allCases.filter(\.isSimple)
        case .allocated: PolicyType.allCases.filter { $0.isSimple || $0 == .and }
        }
    }
}

extension PolicyType {
    fileprivate var isSimple: Bool {
        switch self {
        case .and, .not, .drop, .composite, .adaptive: false
        default: true
        }
    }
}

extension OptionType where Value == PolicyType {
    /// One of the types that may stand in a place.
    static func policy(in place: PolicyPlace) -> OptionType {
        let words = place.types.map(\.rawValue)
        return .text(
            "word", values: words,
            read: { (word) throws(Mismatch) in
                if let type = place.types.first(where: { $0.rawValue == word }) { return type }
                let list = "the types are \(words.joined(separator: ", "))"
                guard PolicyType(rawValue: word) == nil else {
                    throw Mismatch("is '\(word)', which cannot stand in here", hint: list)
                }
                throw Mismatch(
                    "is '\(word)', which is no type of policy",
                    hint: NearMiss.hint(for: word, "the types are", words))
            }, show: { $0.rawValue })
    }
}

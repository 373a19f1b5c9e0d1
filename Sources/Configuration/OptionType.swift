/// Why a value will not do. It becomes a diagnostic at the value's place.
package struct Mismatch: Error, Hashable, Sendable {
    /// What follows the option's path in the message: `is '10', but must be a duration such as
    /// 10s`.
    package let predicate: String
    package let hint: String?
    /// Where in the value the mistake is, in characters; `nil` for all of it.
    package let offset: Int?

    package init(_ predicate: String, hint: String? = nil, offset: Int? = nil) {
        self.predicate = predicate
        self.hint = hint
        self.offset = offset
    }

    /// `is <what is there>, but must be <what was expected>`.
    package static func expected(
        _ expectation: String, found node: Node, hint: String? = nil
    ) -> Mismatch {
        Mismatch("is \(node.shown), but must be \(expectation)", hint: hint)
    }
}

/// What values an option takes, how they are read and how they are shown.
///
/// Components use the ready ones (`.duration(in:)`, `.choice(of:)` …) or make their own with
/// `.text(…)`, such as an address or an expression.
package struct OptionType<Value> {
    /// As documentation names it: `duration`.
    package let name: String
    package let range: String?
    package let values: [String]
    /// True if a string is wanted: a reference then gives its text as it stands.
    package let readsText: Bool
    package let isSecret: Bool
    package let read: (Node) throws(Mismatch) -> Value
    package let show: (Value) -> EffectiveValue

    package init(
        _ name: String, range: String? = nil, values: [String] = [], readsText: Bool = false,
        isSecret: Bool = false, read: @escaping (Node) throws(Mismatch) -> Value,
        show: @escaping (Value) -> EffectiveValue
    ) {
        self.name = name
        self.range = range
        self.values = values
        self.readsText = readsText
        self.isSecret = isSecret
        self.read = read
        self.show = show
    }

    /// An option of the component's own kind, written as a string.
    package static func text(
        _ name: String, values: [String] = [],
        read: @escaping (String) throws(Mismatch) -> Value, show: @escaping (Value) -> String
    ) -> OptionType {
        OptionType(
            name, values: values, readsText: true,
            read: { (node) throws(Mismatch) in try read(try node.string()) },
            show: { .string(show($0)) })
    }
}

extension OptionType where Value == String {
    package static var string: OptionType {
        OptionType(
            "string", readsText: true, read: { (node) throws(Mismatch) in try node.string() },
            show: { .string($0) })
    }
}

extension OptionType where Value == Secret {
    package static var secret: OptionType {
        OptionType(
            "secret", readsText: true, isSecret: true,
            read: { (node) throws(Mismatch) in Secret(try node.string()) },
            show: { _ in .string(Secret.redacted) })
    }
}

extension OptionType where Value == Bool {
    package static var boolean: OptionType {
        OptionType(
            "boolean", values: ["true", "false"],
            read: { (node) throws(Mismatch) in
                if case .boolean(let value) = node.scalar?.value { return value }
                throw .expected("true or false", found: node, hint: node.booleanHint)
            }, show: { .scalar("\($0)") })
    }
}

extension OptionType where Value == Int {
    package static func integer(in range: ClosedRange<Int> = 0...(.max)) -> OptionType {
        let text = rangeText(
            range, isUnbounded: range.upperBound == .max, isFree: range.lowerBound == .min)
        let expectation = "a whole number" + (text.map { " \($0)" } ?? "")
        return OptionType(
            "integer", range: text,
            read: { (node) throws(Mismatch) in
                guard let value = node.integer, range.contains(value) else {
                    throw .expected(expectation, found: node, hint: node.unquotedHint)
                }
                return value
            }, show: { .scalar("\($0)") })
    }
}

extension OptionType where Value == Double {
    package static func number(in range: ClosedRange<Double>) -> OptionType {
        let text = rangeText(
            range, isUnbounded: range.upperBound >= .greatestFiniteMagnitude,
            isFree: range.lowerBound <= -.greatestFiniteMagnitude, show: shownNumber)
        let expectation = "a number" + (text.map { " \($0)" } ?? "")
        return OptionType(
            "number", range: text,
            read: { (node) throws(Mismatch) in
                guard let value = node.number, range.contains(value) else {
                    throw .expected(expectation, found: node, hint: node.unquotedHint)
                }
                return value
            }, show: { .scalar(shownNumber($0)) })
    }
}

extension OptionType where Value == Duration {
    package static func duration(in range: ClosedRange<Duration>) -> OptionType {
        let text = rangeText(
            range, isUnbounded: range.upperBound >= .goLimit,
            isFree: range.lowerBound < .zero, show: \.goText)
        return OptionType(
            "duration", range: text,
            read: { (node) throws(Mismatch) in
                let value = try node.duration()
                guard range.contains(value) else {
                    throw .expected("a duration " + (text ?? ""), found: node)
                }
                return value
            }, show: { .scalar($0.goText) })
    }
}

extension OptionType where Value == ByteCount {
    package static func byteCount(in range: ClosedRange<ByteCount>) -> OptionType {
        let text = rangeText(
            range, isUnbounded: range.upperBound.bytes == .max, isFree: false,
            show: \.description)
        let expectation = "a number of bytes such as 4096 or 64MiB"
        return OptionType(
            "bytes", range: text,
            read: { (node) throws(Mismatch) in
                guard let value = node.byteCount else {
                    throw .expected(expectation, found: node)
                }
                guard range.contains(value) else {
                    throw .expected("a number of bytes " + (text ?? ""), found: node)
                }
                return value
            }, show: { .scalar($0.description) })
    }
}

extension OptionType where Value: RawRepresentable<String> & CaseIterable {
    /// One of the words of an enum.
    package static func choice(
        of type: Value.Type = Value.self, ignoringCase: Bool = false
    ) -> OptionType {
        let words = type.allCases.map(\.rawValue)
        return OptionType(
            "word", values: words, readsText: true,
            read: { (node) throws(Mismatch) in
                let word = node.scalar.map { node.origin?.text ?? $0.text } ?? ""
                let match = type.allCases.first {
                    $0.rawValue == word
                        || ignoringCase && $0.rawValue.lowercased() == word.lowercased()
                }
                if let match { return match }
                throw .expected(
                    oneOf(words), found: node,
                    hint: NearMiss.closest(to: word, among: words).map { "did you mean '\($0)'?" })
            }, show: { .string($0.rawValue) })
    }
}

/// `between 1 and 5`, `of at least 1`, or nothing.
private func rangeText<Bound: Comparable>(
    _ range: ClosedRange<Bound>, isUnbounded: Bool, isFree: Bool,
    show: (Bound) -> String = { "\($0)" }
) -> String? {
    switch (isFree, isUnbounded) {
    case (true, true): nil
    case (true, false): "of at most \(show(range.upperBound))"
    case (false, true): "of at least \(show(range.lowerBound))"
    case (false, false): "between \(show(range.lowerBound)) and \(show(range.upperBound))"
    }
}

/// Without `.0`, since people write whole numbers so.
private func shownNumber(_ number: Double) -> String {
    Int(exactly: number).map { "\($0)" } ?? "\(number)"
}

/// `a`, `a or b`, `one of a, b, c`.
private func oneOf(_ words: [String]) -> String {
    words.count < 3 ? words.joined(separator: " or ") : "one of \(words.joined(separator: ", "))"
}

import Configuration
import OTLP
import RegularExpressions

/// How a text of the configuration is compared.
enum MatchType: String, CaseIterable, Sendable {
    case strict, regexp
}

extension MatchProperties {
    /// Takes the block `key` if it is written.
    static func optional(
        _ key: String, from section: inout Section, _ doc: String
    ) -> MatchProperties? {
        section.takeBlock(key, doc) { MatchProperties(from: &$0) }
    }

    /// Takes the options of a block that is written.
    init(from section: inout Section) {
        let type = section.takeMatchType()
        services = section.takeTexts(
            "services", type, "names of services (`service.name`), of which one has to match")
        spanNames = section.takeTexts(
            "span_names", type, "names of spans, of which one has to match")
        spanKinds = section.takeSpanKinds("span_kinds", type)
        attributes = section.takeAttributeRules(
            "attributes", type, "attributes of the span or log record that all have to match")
        resources = section.takeAttributeRules(
            "resources", type, "attributes of the resource that all have to match")
        libraries = section.takeLibraries("libraries", type)
        logBodies = section.takeTexts(
            "log_bodies", type, "bodies of log records, as text, of which one has to match")
        severityTexts = section.takeTexts(
            "log_severity_texts", type, "severity texts, of which one has to match")
        severityNumber = section.takeBlock(
            "log_severity_number", "the severity that a log record has to have"
        ) { (section: inout Section) in
            SeverityRule(
                lowest: section.take(
                    "min", default: 0, in: Int(Int32.min)...Int(Int32.max),
                    "the lowest severity number that matches"),
                matchesUndefined: section.take(
                    "match_undefined", default: false,
                    "whether a log record without a severity number matches"))
        }
        metricNames = section.takeTexts(
            "metric_names", type, "names of metrics, of which one has to match")
        checkKeys(of: section)
    }

    private func checkKeys(of section: Section) {
        let given: [(key: String, signals: Set<Signal>, isGiven: Bool)] = [
            ("services", [.traces], services != nil),
            ("span_names", [.traces], spanNames != nil),
            ("span_kinds", [.traces], spanKinds != nil),
            ("attributes", [.traces, .logs], !attributes.isEmpty),
            ("resources", Set(Signal.allCases), !resources.isEmpty),
            ("libraries", [.traces, .logs], !libraries.isEmpty),
            ("log_bodies", [.logs], logBodies != nil),
            ("log_severity_texts", [.logs], severityTexts != nil),
            ("log_severity_number", [.logs], severityNumber != nil),
            ("metric_names", [.metrics], metricNames != nil),
        ]
        let signal = section.signal.flatMap(Signal.init(rawValue:))
        let usable = given.filter { signal.map($0.signals.contains) ?? true }
        let names = usable.map(\.key).joined(separator: ", ")
        for entry in given where entry.isGiven && !usable.contains(where: { $0.key == entry.key }) {
            section.refuse(
                entry.key,
                "cannot be matched in a pipeline of \(signal?.rawValue ?? "this signal")",
                hint: "there it can be \(names); give each signal a processor of its own")
        }
        if !given.contains(where: \.isGiven) {
            section.refuse("matches nothing", hint: "write at least one of \(names)")
        }
    }
}

extension Section {
    /// A block that counts only if it is written.
    mutating func takeBlock<Result>(
        _ key: String, _ doc: String, _ read: (inout Section) -> Result
    ) -> Result? {
        guard contains(key) || isDescribing else {
            _ = takeNode(key, type: "section", doc)
            return nil
        }
        return takeSection(key, doc, read)
    }

    /// Takes `match_type`, which has to be given, and the options that go with it.
    mutating func takeMatchType() -> MatchType? {
        takePatternCache()
        return takeChoice("match_type", of: MatchType.self, Self.matchTypeDoc)
    }

    static let matchTypeDoc =
        "whether texts have to be equal or to match a regular expression (RE2, anywhere)"

    /// A word that has to be given wherever its block is written.
    mutating func takeChoice<Choice: RawRepresentable<String> & CaseIterable>(
        _ key: String, of type: Choice.Type, _ doc: String
    ) -> Choice? {
        let words = type.allCases.map(\.rawValue).joined(separator: " or ")
        let node = takeNode(key, type: words, doc)
        if isDescribing { return nil }
        guard let node, !node.isNull else {
            refuse(key, "must be given", hint: "it is \(words)")
            return nil
        }
        if let choice = type.allCases.first(where: { $0.rawValue == node.scalar?.text }) {
            return choice
        }
        refuse(key, "is \(node.shown), but must be \(words)")
        return nil
    }

    mutating func takePatternCache() {
        let reason = "regular expressions match in linear time and need no cache"
        _ = takeBlock("regexp", "otelcol's cache of results; \(reason)") {
            (section: inout Section) in
            section.ignore("cacheenabled", because: reason)
            section.ignore("cachemaxnumentries", because: reason)
        }
    }

    /// A list of texts; `nil` if it is empty.
    mutating func takeTexts(_ key: String, _ type: MatchType?, _ doc: String) -> TextSet? {
        switch type {
        case .regexp:
            let patterns = takeList(key, of: .pattern, doc)
            return patterns.isEmpty ? nil : .patterns(patterns)
        case .strict, nil:
            let texts = takeStrings(key, doc)
            return texts.isEmpty ? nil : .texts(SortedTexts(texts))
        }
    }

    mutating func takeSpanKinds(_ key: String, _ type: MatchType?) -> SpanKinds? {
        let doc = "kinds of spans such as SPAN_KIND_SERVER, of which one has to match"
        guard type != .regexp else { return takeTexts(key, type, doc).map(SpanKinds.init) }
        let names = takeList(key, of: .spanKind, doc)
        return names.isEmpty ? nil : SpanKinds(.texts(SortedTexts(names)))
    }

    mutating func takeAttributeRules(
        _ key: String, _ type: MatchType?, _ doc: String
    ) -> [AttributeRule] {
        takeSections(key, doc) { (section: inout Section) -> AttributeRule? in
            let doc = "what the value has to be, with its type, or to match; any value without"
            let key = section.takeRequired("key", "the attribute's key")
            if type == .regexp {
                let pattern = section.takeOptional("value", as: .pattern, doc)
                return pattern.map { AttributeRule(key: key, matches: .patterns([$0])) }
                    ?? AttributeRule(key: key, equals: nil)
            }
            let node = section.takeNode("value", type: "any", doc)
            let value = node.flatMap { $0.isNull ? nil : ConfiguredValue($0) }
            return AttributeRule(key: key, equals: value)
        }.compactMap { $0 }
    }

    mutating func takeLibraries(
        _ key: String, _ type: MatchType?
    ) -> [MatchProperties.LibraryRule] {
        let doc = "instrumentation scopes that all have to match"
        return takeSections(key, doc) { (section: inout Section) in
            let name = section.takeText("name", type, "the scope's name")
            let version = section.takeText("version", type, "its version; any without")
            return MatchProperties.LibraryRule(
                name: name ?? .texts(SortedTexts([""])), version: version)
        }
    }

    private mutating func takeText(_ key: String, _ type: MatchType?, _ doc: String) -> TextSet? {
        switch type {
        case .regexp: takeOptional(key, as: .pattern, doc).map { .patterns([$0]) }
        case .strict, nil: takeOptional(key, doc).map { .texts(SortedTexts([$0])) }
        }
    }
}

extension OptionType where Value == Pattern {
    /// A regular expression in RE2's syntax.
    static var pattern: OptionType {
        .text(
            "pattern",
            read: { (text) throws(Mismatch) in
                do throws(PatternError) {
                    return try Pattern(text)
                } catch {
                    throw Mismatch(
                        "is not a regular expression of RE2: \(error.reason)",
                        hint: "write it as RE2 has it: no look-around, no back-references")
                }
            },
            show: \.text)
    }
}

extension OptionType where Value == String {
    /// The name of a span's kind.
    fileprivate static var spanKind: OptionType {
        let names = Array(SpanKinds.names.dropFirst())
        return .text(
            "span kind", values: names,
            read: { (text) throws(Mismatch) in
                if names.contains(text) { return text }
                throw Mismatch(
                    "is \(quoted(text)), but must be one of \(names.joined(separator: ", "))",
                    hint: "with match_type: regexp, a part such as SERVER will do")
            },
            show: { $0 })
    }
}

import Configuration
import OTLP

/// How names of metrics are compared.
private enum MetricMatchType: String, CaseIterable {
    case strict, regexp, expr
}

extension RecordChoice {
    /// Takes `include` and `exclude` of `metrics`; `nil` if none is written.
    static func metrics(from section: inout Section) -> RecordChoice? {
        let include = section.takeBlock(
            "include", "metrics to keep, the form before OTTL", MatchProperties.metrics)
        let exclude = section.takeBlock(
            "exclude", "metrics to drop, the form before OTTL", MatchProperties.metrics)
        if include == nil && exclude == nil { return nil }
        return RecordChoice(metricsOf: include, but: exclude)
    }

    /// Takes `include` and `exclude` of `logs`; `nil` if none is written.
    static func logs(from section: inout Section) -> RecordChoice? {
        let include = section.takeBlock(
            "include", "log records to keep, the form before OTTL", MatchProperties.logs)
        let exclude = section.takeBlock(
            "exclude", "log records to drop, the form before OTTL", MatchProperties.logs)
        if include == nil && exclude == nil { return nil }
        // A block that asks for nothing is no block.
        return RecordChoice(IncludeExclude(include: include ?? nil, exclude: exclude ?? nil))
    }
}

extension MatchProperties {
    fileprivate static func metrics(from section: inout Section) -> MatchProperties {
        let choice = section.takeChoice(
            "match_type", of: MetricMatchType.self, Section.matchTypeDoc)
        let hint =
            "write it as an OTTL condition, such as"
            + " metric_conditions: ['datapoint.attributes[\"host\"] == \"a\"']"
        if choice == .expr {
            section.refuse("match_type", "is expr, which is not in this build", hint: hint)
        }
        section.refuseUnsupported("expressions", "the language of match_type: expr", hint: hint)
        section.takePatternCache()
        let type = choice.flatMap { MatchType(rawValue: $0.rawValue) }
        var properties = MatchProperties()
        properties.metricNames = section.takeTexts(
            "metric_names", type, "names of metrics, of which one has to match")
        properties.resources = section.takeAttributeRules(
            "resource_attributes", type, "attributes of the resource that all have to match")
        return properties
    }

    /// `nil` if nothing is asked for.
    fileprivate static func logs(from section: inout Section) -> MatchProperties? {
        let keys = [
            "resource_attributes", "record_attributes", "severity_texts", "severity_number",
            "bodies",
        ]
        let isEmpty = !section.isDescribing && !keys.contains(where: section.contains)
        let type: MatchType?
        if isEmpty {
            _ = section.takeNode("match_type", type: "strict or regexp", Section.matchTypeDoc)
            type = nil
        } else {
            type = section.takeChoice("match_type", of: MatchType.self, Section.matchTypeDoc)
        }
        var properties = MatchProperties()
        properties.resources = section.takeAttributeRules(
            "resource_attributes", type, "attributes of the resource that all have to match")
        properties.attributes = section.takeAttributeRules(
            "record_attributes", type, "attributes of the log record that all have to match")
        properties.severityTexts = section.takeTexts(
            "severity_texts", type, "severity texts, of which one has to match")
        properties.severityNumber = section.takeBlock(
            "severity_number", "the severity that a log record has to have", severityRule)
        properties.logBodies = section.takeTexts(
            "bodies", type, "bodies of log records, as text, of which one has to match")
        return properties.concernsRecords || !properties.resources.isEmpty ? properties : nil
    }

    private static func severityRule(from section: inout Section) -> SeverityRule {
        SeverityRule(
            lowest: section.take(
                "min", as: .severity, default: 0,
                "the lowest severity that matches, such as INFO or \"9\""),
            matchesUndefined: section.take(
                "match_undefined", default: false,
                "whether a log record without a severity number matches"))
    }
}

extension OptionType where Value == Int {
    /// A severity by its short name, or its number as text.
    fileprivate static var severity: OptionType {
        let names = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"].flatMap { name in
            ["", "2", "3", "4"].map { name + $0 }
        }
        return .text(
            "severity", values: names,
            read: { (text) throws(Mismatch) in
                if text.isEmpty { return 0 }
                if let index = names.firstIndex(of: text.uppercased()) { return index + 1 }
                if let number = names.indices.first(where: { "\($0 + 1)" == text }) {
                    return number + 1
                }
                throw Mismatch(
                    "is \(quoted(text)), which is not a valid severity",
                    hint: "write a name such as INFO or WARN2, or a number from \"1\" to \"24\"")
            },
            show: { $0 == 0 ? "" : names[$0 - 1] })
    }
}

import Configuration
import OTTL

extension PolicyReader {
    mutating func readCondition(from section: inout Section, into made: inout Made) {
        // Without it, nobody hears of a failure, as in otelcol.
        let mode = section.take(
            "error_mode", default: ErrorMode.silent,
            "propagate: a condition that fails takes the policy out of the decision; "
                + "ignore, silent: it does not match")
        let span = section.takeList(
            "span", of: .policyCondition(for: .span),
            "OTTL conditions of which a span must match one")
        let events = section.takeList(
            "spanevent", of: .policyCondition(for: .spanevent),
            "OTTL conditions of which an event of a span must match one")
        // A list of which nothing is left has been complained about.
        let isListed = ["span", "spanevent"].contains { hasItems($0, in: &section) }
        if span.isEmpty && events.isEmpty && !isListed {
            section.refuse(
                "has no condition", hint: "write them in a list under span or spanevent")
        }
        made.node = gatherer.addCondition(
            span: span, events: events, isStrict: mode == .propagate)
        made.summary =
            "ottl_condition " + (span + events).map(\.text).joined(separator: " or ")
    }

    private func hasItems(_ key: String, in section: inout Section) -> Bool {
        guard !section.isDescribing, section.contains(key) else { return false }
        return section.takeNode(key, type: "list", "")?.sequence?.isEmpty == false
    }
}

extension OptionType where Value == Condition {
    /// A condition whose paths may have their context in front, or not.
    fileprivate static func policyCondition(for context: PathContext) -> OptionType {
        .text(
            "condition",
            read: { (text) throws(Mismatch) in
                do throws(OTTLError) {
                    return try Condition(text, in: context, .either)
                } catch {
                    throw Mismatch(
                        "is not a condition: \(error.message)", hint: error.hint,
                        offset: error.offset)
                }
            }, show: { $0.text })
    }
}

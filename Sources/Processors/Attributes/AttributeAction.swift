import Configuration
import OTLP
import RegularExpressions

/// One entry of the action lists of the processors `attributes` and `resource`.
///
/// Documented in `docs/processors/attributes.md`.
struct AttributeAction: Sendable {
    /// What is done to the attribute.
    enum Kind: String, CaseIterable, Sendable {
        case insert, update, upsert, delete, hash, extract, convert

        fileprivate var writesValue: Bool {
            self == .insert || self == .update || self == .upsert
        }

        fileprivate var mayMatchKeys: Bool { self == .delete || self == .hash }
    }

    /// What a value is converted to.
    enum Target: String, CaseIterable, Sendable {
        case string, int, double
    }

    let kind: Kind
    var key: String?
    var source: String?
    /// What is written; the default if it comes from somewhere else.
    var value: ConfiguredValue?
    var senderValue: SenderValue?
    var pattern: Pattern?
    var target = Target.string
}

extension AttributeAction {
    /// Takes a list of actions, which must not be empty.
    static func list(_ key: String, from section: inout Section, _ doc: String) -> ActionProgram {
        let isWritten = section.contains(key)
        let actions = section.takeSections(key, doc) { optional(from: &$0) }
        if actions.isEmpty && !section.isDescribing {
            section.refuse(
                isWritten ? "has an empty \(key)" : "has no \(key)",
                hint: "write at least one, such as {key: env, value: prod, action: upsert}")
        }
        return ActionProgram(actions.compactMap { $0 })
    }

    /// Takes one action; `nil` after a mistake.
    private static func optional(from section: inout Section) -> AttributeAction? {
        let kind = section.takeRequired(
            "action", as: .choice(of: Kind.self, ignoringCase: true), "what is done")
        var action = AttributeAction(kind: kind ?? .insert)
        action.key = section.takeOptional("key", "the attribute's key").flatMap {
            $0.isEmpty ? nil : $0
        }
        action.pattern = section.takeOptional(
            "pattern", as: .pattern,
            "delete, hash: the keys meant; extract: groups whose names become keys")
        let sources = Sources(from: &section)
        let target = section.takeOptional(
            "converted_type", as: .choice(of: Target.self), "convert: what it is converted to")
        guard let kind else { return nil }
        action.target = target ?? .string
        action.source = sources.attribute
        action.senderValue = sources.sender
        action.value = sources.value ?? sources.defaultValue
        action.check(in: section, sources)
        return action
    }

    /// Where a value comes from.
    private struct Sources {
        let value: ConfiguredValue?
        let attribute: String?
        let sender: SenderValue?
        let defaultValue: ConfiguredValue?

        init(from section: inout Section) {
            value = section.takeValue("value", "what is written, with YAML's type")
            attribute = section.takeOptional(
                "from_attribute", "the key of the attribute whose value is written"
            ).flatMap { $0.isEmpty ? nil : $0 }
            sender = section.takeOptional(
                "from_context", "what is known of the sender: client.address, metadata.<header>"
            ).flatMap { $0.isEmpty ? nil : SenderValue($0) }
            defaultValue = section.takeValue(
                "default_value", "what is written if from_attribute or from_context is not there")
        }
    }

    private func check(in section: Section, _ sources: Sources) {
        if key == nil, !(kind.mayMatchKeys && section.contains("pattern")) {
            section.refuse(
                "key", "must be given for the action \(kind.rawValue)",
                hint: kind.mayMatchKeys ? "or write a pattern that keys match" : nil)
        }
        if kind.writesValue { checkSources(in: section, sources) }
        refuseUnused(in: section)
        if kind == .extract { checkGroups(in: section) }
        if kind == .convert, !section.contains("converted_type") {
            section.refuse(
                "converted_type", "must be given for the action convert",
                hint: "it is string, int or double")
        }
    }

    private func checkSources(in section: Section, _ sources: Sources) {
        let names = ["value", "from_attribute", "from_context"]
        let given = [sources.value != nil, sources.attribute != nil, sources.sender != nil]
        let count = given.count { $0 }
        if count > 1 {
            let list = zip(names, given).filter(\.1).map(\.0).joined(separator: " and ")
            section.refuse("has \(list)", hint: "a value comes from one place; remove the others")
        }
        if count == 0, sources.defaultValue == nil {
            section.refuse(
                "has no value for the action \(kind.rawValue)",
                hint: "write value, from_attribute, from_context or default_value")
        }
        if sources.sender == .authentication {
            section.warn(
                "from_context",
                "finds nothing: receivers of this build do not authenticate senders",
                hint: sources.defaultValue == nil
                    ? "remove the action" : "the default_value is always written")
        }
    }

    /// Options that otelcol refuses for an action, too.
    private func refuseUnused(in section: Section) {
        var keys: [String] = []
        if !kind.writesValue { keys += ["value", "from_attribute", "default_value"] }
        if kind == .extract || kind == .convert { keys.append("from_context") }
        if kind.writesValue || kind == .convert { keys.append("pattern") }
        if kind != .convert { keys.append("converted_type") }
        for key in keys where section.contains(key) {
            section.refuse(
                key, "is not used by the action \(kind.rawValue)", hint: "remove it")
        }
    }

    private func checkGroups(in section: Section) {
        guard let pattern else {
            if section.contains("pattern") { return }
            return section.refuse(
                "pattern", "must be given for the action extract",
                hint: "such as ^(?P<scheme>[a-z]+)://(?P<host>[^/]+)")
        }
        let names = pattern.groupNames.dropFirst()
        if names.isEmpty || names.contains(where: { $0 == nil }) {
            let predicate = names.isEmpty ? "has no group" : "has a group without a name"
            section.refuse(
                "pattern", predicate,
                hint: "groups' names become keys: write (?P<name>…), or (?:…) to group only")
        }
    }
}

extension Section {
    /// A value of any type; `nil` if nothing is written.
    mutating func takeValue(_ key: String, _ doc: String) -> ConfiguredValue? {
        guard let node = takeNode(key, type: "any", doc), !node.isNull else { return nil }
        return ConfiguredValue(node)
    }
}

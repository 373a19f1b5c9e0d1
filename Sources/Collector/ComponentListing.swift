import Configuration
import Pipeline

/// The text of `martlet components`: each component with its options, from the same lines of code
/// that read them.
struct ComponentListing {
    private let registry: Registry

    init(_ registry: Registry) {
        self.registry = registry
    }

    /// All components, or the one of that name; `nil` if there is none.
    func text(named name: String?) -> String? {
        let entries = ComponentKind.allCases.flatMap { kind in
            registry.entries.filter { $0.kind == kind }.sorted { $0.name < $1.name }
        }
        let chosen = entries.filter {
            name == nil || $0.name == name || $0.aliases.contains(name ?? "")
        }
        return chosen.isEmpty ? nil : chosen.map(details).joined(separator: "\n")
    }

    private func details(_ entry: Registry.Entry) -> String {
        var text = "\(entry.name) (\(entry.kind.rawValue)): \(entry.summary)\n"
        if !entry.aliases.isEmpty {
            text += "also called: \(entry.aliases.joined(separator: ", "))\n"
        }
        if !entry.signals.isEmpty {
            let signals = entry.signals.map(\.rawValue).sorted().joined(separator: ", ")
            text += "signals: \(signals)\n"
        }
        for option in Section.describing(entry.describe) { text += line(option) }
        return text
    }

    private func line(_ option: OptionDescription) -> String {
        var type = option.type
        if !option.values.isEmpty { type = option.values.joined(separator: "|") }
        if let range = option.range { type += " \(range)" }
        let value = option.isRequired ? "required" : option.defaultValue.map { "default \($0)" }
        let facts = [type, value].compactMap { $0 }.joined(separator: ", ")
        var text = "  \(option.path)\n      \(facts)\n      \(option.documentation)\n"
        if let replacement = option.replacement { text += "      old: write \(replacement)\n" }
        return text
    }
}

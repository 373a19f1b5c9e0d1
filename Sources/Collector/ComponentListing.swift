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
        guard let name else { return overview }
        let entries = registry.entries.filter { $0.name == name || $0.aliases.contains(name) }
        return entries.isEmpty ? nil : entries.map(details).joined(separator: "\n")
    }

    private var overview: String {
        var text = ""
        for kind in ComponentKind.allCases {
            let entries = registry.entries.filter { $0.kind == kind }.sorted { $0.name < $1.name }
            if entries.isEmpty { continue }
            text += "\(kind.sectionName):\n"
            for entry in entries { text += "  \(padded(entry.name, 24))\(entry.summary)\n" }
        }
        return text + "\nmartlet components NAME lists the options of one.\n"
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

    private func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }
}

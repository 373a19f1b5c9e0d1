/// One mapping of the configuration, read key by key.
///
/// Each option is one line, with its key, range, default and documentation:
///
///     timeout = section.take(
///         "timeout", default: .seconds(30), in: .zero ... .seconds(3600), "time for one attempt")
///
/// Taking never throws. A mistake is recorded and the default returned, so that one start shows
/// them all; whoever made the section asks `Diagnostics.hasErrors` before anything is started.
/// Keys that nobody took are reported by `finish()`.
///
/// The same calls, made on `Section.describing(…)`, yield the option reference, and every call
/// records the value it returned for `print-config`.
package struct Section {
    /// As messages name it: `processors.batch`, `receivers.otlp.protocols.http`.
    package let path: String
    /// `nil` if the section does not stand in any file.
    package let location: SourceLocation?
    /// The signal of the pipeline that the component is made for; `nil` while its options are only
    /// checked or listed. Sections within this one have it, too.
    package var signal: String?

    let mapping: Mapping
    let reading: Reading
    let effective: EffectiveSection
    /// From the component down: `policies[]`.
    let optionPath: String
    private(set) var takenKeys: [String] = []
    private var isFinished = false

    /// A section of what was configured. A node that is null counts as an empty mapping; a scalar
    /// or a list is reported.
    ///
    /// - Parameter location: where to point when the section itself is meant; its key, rather than
    ///   what stands beneath it.
    package init(
        _ node: Node?, path: String, location: SourceLocation? = nil,
        reportingTo diagnostics: Diagnostics
    ) {
        self.init(
            node, path: path, optionPath: "", location, Reading(diagnostics), EffectiveSection())
    }

    init(
        _ node: Node?, path: String, optionPath: String, _ location: SourceLocation?,
        _ reading: Reading, _ effective: EffectiveSection
    ) {
        self.path = path
        self.optionPath = optionPath
        // Where there is no mapping, nothing can be said to be missing from it.
        let isMapping = node.map { $0.mapping != nil || $0.isNull } ?? true
        self.reading = isMapping ? reading : Reading(Diagnostics())
        self.effective = effective
        self.location = location ?? node?.location
        mapping = node?.mapping ?? Mapping()
        if let node, !isMapping, !node.isBroken {
            reading.report(.error, "\(path) is \(node.shown), but must be a mapping", at: node)
        }
    }

    /// The options that `read` takes, in the order in which it takes them.
    package static func describing(_ read: (inout Section) -> Void) -> [OptionDescription] {
        let reading = Reading(Diagnostics(), isDescribing: true)
        var section = Section(nil, path: "", optionPath: "", nil, reading, EffectiveSection())
        read(&section)
        section.finish()
        return reading.options
    }

    /// Every option taken so far with the value it has.
    package var effectiveValue: EffectiveValue { effective.value }

    /// True while the option reference is made: there is no configuration then.
    package var isDescribing: Bool { reading.isDescribing }

    /// True if the key is written, even with nothing after it.
    package func contains(_ key: String) -> Bool { mapping.entry(key) != nil }

    /// The place of the option's value; of its key if that says more, because the value is a
    /// mapping or nothing; of the section if it is not written.
    package func location(of key: String) -> SourceLocation? {
        guard let entry = mapping.entry(key) else { return location }
        let isNamed = entry.value.mapping != nil || entry.value.isNull
        return isNamed ? entry.keyLocation : entry.value.location
    }

    // MARK: - What a component finds wrong itself

    /// Reports an error about an option: `section.refuse("min_size", "is 5, but …")` says
    /// `exporters.otlp.min_size is 5, but …`.
    package func refuse(_ key: String, _ predicate: String, hint: String? = nil) {
        report(.error, key, predicate, hint)
    }

    /// Reports a trap: the daemon starts, but somebody should know.
    package func warn(_ key: String, _ predicate: String, hint: String? = nil) {
        report(.warning, key, predicate, hint)
    }

    /// Reports an error about the section as a whole: `has no policy`.
    package func refuse(_ predicate: String, hint: String? = nil) {
        reading.report(
            Diagnostic(.error, "\(path) \(predicate)", at: location, hint: hint))
    }

    package func warn(_ predicate: String, hint: String? = nil) {
        reading.report(
            Diagnostic(.warning, "\(path) \(predicate)", at: location, hint: hint))
    }

    private func report(
        _ severity: Diagnostic.Severity, _ key: String, _ predicate: String, _ hint: String?
    ) {
        let message = "\(path(of: key)) \(predicate)"
        reading.report(Diagnostic(severity, message, at: location(of: key), hint: hint))
    }

    /// Reports every key that was not taken. Sections within this one are finished by themselves.
    package mutating func finish() {
        guard !isFinished else { return }
        isFinished = true
        for entry in mapping.entries where !takenKeys.contains(entry.key) {
            let known = takenKeys.sorted()
            let list = known.isEmpty ? nil : NearMiss.hint(for: entry.key, "its options are", known)
            reading.report(
                Diagnostic(
                    .error, "\(path) has no option \(quoted(entry.key))", at: entry.keyLocation,
                    hint: list ?? "it has no options"))
        }
    }

    // MARK: - For the other files of Section

    func path(of key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    func optionPath(of key: String) -> String {
        optionPath.isEmpty ? key : "\(optionPath).\(key)"
    }

    /// Marks the key as known and gives what is written for it.
    mutating func node(_ key: String) -> Node? {
        if !takenKeys.contains(key) { takenKeys.append(key) }
        return mapping[key]
    }
}

/// What all sections of one component share while it is read.
final class Reading {
    let diagnostics: Diagnostics
    let isDescribing: Bool
    private(set) var options: [OptionDescription] = []

    init(_ diagnostics: Diagnostics, isDescribing: Bool = false) {
        self.diagnostics = diagnostics
        self.isDescribing = isDescribing
    }

    func add(_ option: @autoclosure () -> OptionDescription) {
        if isDescribing { options.append(option()) }
    }

    func report(_ diagnostic: Diagnostic) {
        if !isDescribing { diagnostics.add(diagnostic) }
    }

    func report(_ severity: Diagnostic.Severity, _ message: String, at node: Node) {
        report(Diagnostic(severity, message, at: node.location))
    }
}

/// The values of a section, collected while it is read.
final class EffectiveSection {
    private enum Part {
        case value(EffectiveValue)
        case section(EffectiveSection)
        case sections([EffectiveSection])
    }

    private var parts: [(key: String, part: Part)] = []

    var value: EffectiveValue {
        .mapping(parts.map { EffectiveValue.Entry($0.key, Self.value(of: $0.part)) })
    }

    func set(_ key: String, _ value: EffectiveValue) { set(key, .value(value)) }
    func set(_ key: String, _ section: EffectiveSection) { set(key, .section(section)) }
    func set(_ key: String, _ sections: [EffectiveSection]) { set(key, .sections(sections)) }

    private func set(_ key: String, _ part: Part) {
        if let position = parts.firstIndex(where: { $0.key == key }) {
            parts[position].part = part
        } else {
            parts.append((key, part))
        }
    }

    private static func value(of part: Part) -> EffectiveValue {
        switch part {
        case .value(let value): value
        case .section(let section): section.value
        case .sections(let sections): .list(sections.map(\.value))
        }
    }
}

/// Sections within sections.
extension Section {
    /// When a section counts as switched on. otelcol has three kinds (`configoptional`).
    package enum Presence: Sendable {
        /// On if its key is written, even with nothing after it: `protocols.http`.
        case offUnlessPresent
        /// On if something is written beneath its key: `tls`, `cors`.
        case offUnlessFilled
        /// On even if it is not written: `sending_queue`.
        case onUnlessDisabled
    }

    /// A section that is always there; if it is not written its options have their defaults.
    package mutating func takeSection<Result>(
        _ key: String, _ doc: String, _ read: (inout Section) -> Result
    ) -> Result {
        describeSection(key, doc, type: "section", default: nil)
        let node = node(key)
        return readSection(node, key, read).result
    }

    /// A section that can be off, which is `nil`. `enabled: false` switches any of them off.
    package mutating func takeSection<Result>(
        _ key: String, _ presence: Presence, _ doc: String, _ read: (inout Section) -> Result
    ) -> Result? {
        let state = presence == .onUnlessDisabled ? "on" : "off"
        describeSection(key, doc, type: "section", default: state)
        let node = node(key)
        guard isDescribing || isOn(node, key, presence) else { return nil }
        let (result, _) = readSection(node, key) { (section: inout Section) in
            _ = section.take("enabled", default: true, "whether the section counts")
            return read(&section)
        }
        return result
    }

    private func isOn(_ node: Node?, _ key: String, _ presence: Presence) -> Bool {
        guard let node else { return presence == .onUnlessDisabled }
        if node.isNull { return presence != .offUnlessFilled }
        guard case .boolean(false) = node.mapping?["enabled"]?.scalar?.value else { return true }
        effective.set(key, .mapping([EffectiveValue.Entry("enabled", .scalar("false"))]))
        return false
    }

    private func readSection<Result>(
        _ node: Node?, _ key: String, _ read: (inout Section) -> Result
    ) -> (result: Result, effective: EffectiveSection) {
        let values = EffectiveSection()
        effective.set(key, values)
        var section = Section(
            node, path: path(of: key), optionPath: optionPath(of: key),
            mapping.entry(key)?.keyLocation ?? location, reading, values)
        section.signal = signal
        let result = read(&section)
        section.finish()
        return (result, values)
    }

    /// A list of sections, such as policies or actions.
    ///
    /// A section that contains sections of its own kind is described only once.
    package mutating func takeSections<Result>(
        _ key: String, _ doc: String, _ read: (inout Section) -> Result
    ) -> [Result] {
        let isNested = optionPath.split(separator: ".").contains { $0 == "\(key)[]" }
        describeSection(key, doc, type: "list of sections", default: "[]")
        if isDescribing {
            if !isNested { _ = element(nil, key, "", read) }
            return []
        }
        effective.set(key, [EffectiveSection]())
        guard let node = node(key), !node.isNull, !node.isBroken else { return [] }
        guard let items = node.sequence else {
            reading.report(
                .error, "\(path(of: key)) is \(node.shown), but must be a list", at: node)
            return []
        }
        let elements = items.enumerated().map { element($1, key, "\($0)", read) }
        effective.set(key, elements.map(\.effective))
        return elements.map(\.result)
    }

    private func element<Result>(
        _ node: Node?, _ key: String, _ index: String, _ read: (inout Section) -> Result
    ) -> (result: Result, effective: EffectiveSection) {
        let values = EffectiveSection()
        var section = Section(
            node, path: "\(path(of: key))[\(index)]", optionPath: "\(optionPath(of: key))[]",
            nil, reading, values)
        section.signal = signal
        let result = read(&section)
        section.finish()
        return (result, values)
    }

    private func describeSection(
        _ key: String, _ doc: String, type: String, default state: String?
    ) {
        reading.add(
            OptionDescription(
                path: optionPath(of: key), type: type, defaultValue: state, documentation: doc))
    }
}

/// Options with one value.
extension Section {
    package mutating func take(_ key: String, default value: Bool, _ doc: String) -> Bool {
        take(key, as: .boolean, default: value, doc)
    }

    package mutating func take(
        _ key: String, default value: Int, in range: ClosedRange<Int> = 0...(.max), _ doc: String
    ) -> Int {
        take(key, as: .integer(in: range), default: value, doc)
    }

    package mutating func take(
        _ key: String, default value: Double, in range: ClosedRange<Double>, _ doc: String
    ) -> Double {
        take(key, as: .number(in: range), default: value, doc)
    }

    package mutating func take(_ key: String, default value: String, _ doc: String) -> String {
        take(key, as: .string, default: value, doc)
    }

    package mutating func take(
        _ key: String, default value: Duration,
        in range: ClosedRange<Duration> = .zero ... .goLimit, _ doc: String
    ) -> Duration {
        take(key, as: .duration(in: range), default: value, doc)
    }

    package mutating func take(
        _ key: String, default value: ByteCount,
        in range: ClosedRange<ByteCount> = .bytes(0) ... .bytes(.max), _ doc: String
    ) -> ByteCount {
        take(key, as: .byteCount(in: range), default: value, doc)
    }

    /// One of an enum's words.
    package mutating func take<Choice: RawRepresentable<String> & CaseIterable>(
        _ key: String, default value: Choice, _ doc: String
    ) -> Choice {
        take(key, as: .choice(), default: value, doc)
    }

    /// The general form.
    ///
    /// A key with nothing after it, or `null`, gives the default and a warning. (otelcol takes the
    /// zero value, so that `timeout:` turns a timeout off; that is never meant. An empty variable
    /// is treated alike, except that it is `""` for a string.)
    package mutating func take<Value>(
        _ key: String, as type: OptionType<Value>, default value: Value, _ doc: String
    ) -> Value {
        let shown = type.show(value)
        describe(key, type, default: shown.oneLine, doc)
        guard let node = node(key), !node.isBroken else {
            effective.set(key, shown)
            return value
        }
        if isEmpty(node, for: type) {
            reading.report(
                Diagnostic(
                    .warning, "\(path(of: key)) is \(node.shown); its default is used",
                    at: node.location,
                    hint: "write a value, or remove the line; the default is \(shown.oneLine)"))
            effective.set(key, shown)
            return value
        }
        return read(node, key, type) ?? value
    }

    // MARK: - Without a default

    package mutating func takeOptional(
        _ key: String, in range: ClosedRange<Int>, _ doc: String
    ) -> Int? {
        takeOptional(key, as: .integer(in: range), doc)
    }

    package mutating func takeOptional(
        _ key: String, in range: ClosedRange<Double>, _ doc: String
    ) -> Double? {
        takeOptional(key, as: .number(in: range), doc)
    }

    package mutating func takeOptional(
        _ key: String, in range: ClosedRange<Duration>, _ doc: String
    ) -> Duration? {
        takeOptional(key, as: .duration(in: range), doc)
    }

    package mutating func takeOptional(_ key: String, _ doc: String) -> String? {
        takeOptional(key, as: .string, doc)
    }

    /// `nil` if the key is absent, has nothing after it, or has a mistake.
    package mutating func takeOptional<Value>(
        _ key: String, as type: OptionType<Value>, _ doc: String
    ) -> Value? {
        describe(key, type, doc)
        guard let node = node(key), !isEmpty(node, for: type) else { return nil }
        return read(node, key, type)
    }

    package mutating func takeSecret(_ key: String, _ doc: String) -> Secret? {
        takeOptional(key, as: .secret, doc)
    }

    /// An option that must be given; an empty string counts as absent. `""` after a mistake.
    package mutating func takeRequired(_ key: String, _ doc: String) -> String {
        guard let text = takeRequired(key, as: .string, doc) else { return "" }
        if text.isEmpty { refuse(key, "is empty, but must be given", hint: "it is \(doc)") }
        return text
    }

    /// An option that must be given; the lower bound after a mistake.
    package mutating func takeRequired(
        _ key: String, in range: ClosedRange<Int>, _ doc: String
    ) -> Int {
        takeRequired(key, as: .integer(in: range), doc) ?? range.lowerBound
    }

    /// An option that must be given; `nil` after a mistake.
    package mutating func takeRequired<Value>(
        _ key: String, as type: OptionType<Value>, _ doc: String
    ) -> Value? {
        describe(key, type, isRequired: true, doc)
        guard let node = node(key), !isEmpty(node, for: type) else {
            refuse(key, "must be given", hint: "it is \(doc)")
            return nil
        }
        return read(node, key, type)
    }

    // MARK: - Options that are on their way out

    /// An old option that still works: warned about, with what to write instead.
    package mutating func takeDeprecated<Value>(
        _ key: String, as type: OptionType<Value>, write replacement: String, _ doc: String
    ) -> Value? {
        describe(key, type, doc, replacement: replacement)
        guard let node = node(key), !isEmpty(node, for: type) else { return nil }
        warn(key, "is an old option", hint: "write \(replacement) instead")
        return read(node, key, type)
    }

    /// An option that is accepted and does nothing here: warned about, with the reason.
    package mutating func ignore(_ key: String, because reason: String) {
        reading.add(
            OptionDescription(
                path: optionPath(of: key), type: "ignored", documentation: reason))
        if node(key) != nil { warn(key, "has no effect: \(reason)") }
    }

    /// An option of otelcol that this build does not have: an error that says so.
    package mutating func refuseUnsupported(
        _ key: String, _ what: String? = nil, hint: String? = nil
    ) {
        guard node(key) != nil else { return }
        let subject = what.map { ": \($0)" } ?? ""
        refuse(key, "is not in this build yet\(subject)", hint: hint)
    }

    // MARK: - Parts

    /// Nothing was written, or nothing came out of a reference; for a string the latter is `""`.
    private func isEmpty<Value>(_ node: Node, for type: OptionType<Value>) -> Bool {
        node.isNull && !(type.readsText && node.origin?.text != nil)
    }

    /// The value, recorded; or `nil` and a diagnostic.
    mutating func read<Value>(_ node: Node, _ key: String, _ type: OptionType<Value>) -> Value? {
        guard let value = value(of: node, named: path(of: key), type) else { return nil }
        effective.set(key, type.show(value))
        return value
    }

    func value<Value>(
        of node: Node, named name: String, _ type: OptionType<Value>
    ) -> Value? {
        guard !node.isBroken else { return nil }
        do {
            return try type.read(node)
        } catch {
            // The text of a secret is shown neither in the message nor as the source line.
            let predicate =
                type.isSecret
                ? "must be a string; if it is a number, put it in quotes" : error.predicate
            reading.report(
                Diagnostic(
                    .error, "\(name) \(predicate)", at: node.location(at: error.offset),
                    hint: type.isSecret ? nil : error.hint, showsSource: !type.isSecret))
            return nil
        }
    }

    func describe<Value>(
        _ key: String, _ type: OptionType<Value>, default value: String? = nil,
        isRequired: Bool = false, _ doc: String, replacement: String? = nil
    ) {
        reading.add(
            OptionDescription(
                path: optionPath(of: key), type: type.name, defaultValue: value,
                isRequired: isRequired, range: type.range, values: type.values,
                documentation: doc, replacement: replacement))
    }
}

extension EffectiveValue {
    /// On one line, for the option reference.
    var oneLine: String {
        switch self {
        case .scalar(let text): text
        case .list(let items): "[\(items.map(\.oneLine).joined(separator: ", "))]"
        case .mapping(let entries):
            "{\(entries.map { "\($0.key): \($0.value.oneLine)" }.joined(separator: ", "))}"
        }
    }
}

extension Node {
    /// The place of a character of a scalar that stands on one line, as far as it can be told.
    func location(at offset: Int?) -> SourceLocation {
        guard let offset, origin == nil, let scalar, offset >= 0 else { return location }
        let length = scalar.text.unicodeScalars.count
        let quotes = location.width - length
        guard quotes == (scalar.isPlain ? 0 : 2), offset <= length else { return location }
        var place = location
        place.column += offset + quotes / 2
        place.width = 1
        return place
    }
}

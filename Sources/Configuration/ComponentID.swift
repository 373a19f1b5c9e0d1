/// `type` or `type/name`: which component, and which of several of its type.
package struct ComponentID: Hashable, Sendable, CustomStringConvertible {
    package let type: String
    package let name: String?

    package init(type: String, name: String? = nil) {
        self.type = type
        self.name = name
    }

    package var description: String { name.map { "\(type)/\($0)" } ?? type }

    /// Characters of a type.
    static let typeLengthLimit = 63
    /// Characters of a name.
    static let nameLengthLimit = 1_024

    /// Split at the first `/`, with white space around both parts removed. A type is a letter and
    /// then letters, digits and underscores; a name has no white space, control or symbol in it.
    package init(parsing text: String) throws(Mismatch) {
        let (type, name) = try Self.split(text)
        guard let first = type.first, first.isASCII, first.isLetter,
            type.count <= Self.typeLengthLimit,
            type.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") })
        else {
            throw Mismatch(
                "is no id: a type is a letter, then letters, digits and '_', "
                    + "at most \(Self.typeLengthLimit)")
        }
        if let name {
            guard name.count <= Self.nameLengthLimit,
                name.unicodeScalars.allSatisfy(Self.isNamePart)
            else {
                throw Mismatch("is no id: the name after '/' has a blank or a symbol in it")
            }
        }
        self.init(type: type, name: name)
    }

    /// The parts of `type/name`, neither of them empty.
    static func split(_ text: String) throws(Mismatch) -> (type: String, name: String?) {
        guard let slash = text.firstIndex(of: "/") else {
            let type = trimmed(text[...])
            guard !type.isEmpty else { throw Mismatch("is empty, but must be an id") }
            return (type, nil)
        }
        let type = trimmed(text[..<slash])
        let name = trimmed(text[text.index(after: slash)...])
        guard !type.isEmpty else { throw Mismatch("is no id: nothing stands before '/'") }
        guard !name.isEmpty else { throw Mismatch("is no id: nothing stands after '/'") }
        return (type, name)
    }

    private static func trimmed(_ text: Substring) -> String {
        let start = text.drop(while: \.isWhitespace)
        let end = start.lastIndex { !$0.isWhitespace }
        return end.map { String(start[...$0]) } ?? ""
    }

    private static func isNamePart(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .spaceSeparator,
            .lineSeparator, .paragraphSeparator, .mathSymbol, .currencySymbol, .modifierSymbol,
            .otherSymbol:
            false
        default: true
        }
    }
}

/// A pipeline's signal and name: `traces`, `logs/audit`.
package struct PipelineID: Hashable, Sendable, CustomStringConvertible {
    /// One of `PipelineID.signals`.
    package let signal: String
    package let name: String?

    package init(signal: String, name: String? = nil) {
        self.signal = signal
        self.name = name
    }

    package static let signals = ["traces", "metrics", "logs"]

    package var description: String { name.map { "\(signal)/\($0)" } ?? signal }
}

/// What a component does. Each kind has its own section at the top of a configuration.
package enum ComponentKind: String, CaseIterable, Hashable, Sendable {
    case receiver, processor, exporter, connector, `extension`

    /// `receivers`
    package var sectionName: String { rawValue + "s" }
}

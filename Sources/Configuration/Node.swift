/// A value of a configuration that knows where it was written.
package struct Node: Hashable, Sendable {
    /// What a node holds.
    package enum Content: Hashable, Sendable {
        case scalar(Scalar)
        case sequence([Node])
        case mapping(Mapping)
        /// A reference that could not be resolved, which has been reported. Whoever reads it uses
        /// the default and says nothing more.
        case broken
    }

    package var content: Content
    package var location: SourceLocation
    /// Set if the whole value came out of one reference such as `${env:X}`.
    package var origin: Origin?

    package init(_ content: Content, at location: SourceLocation, from origin: Origin? = nil) {
        self.content = content
        self.location = location
        self.origin = origin
    }

    /// The reference a value came from, and the text it stood for before it was read as YAML.
    package struct Origin: Hashable, Sendable {
        package let reference: String
        /// What a string option gets: `0123` stays `0123`. `nil` if the source has no such text.
        package let text: String?
    }
}

/// One word of YAML, before it has a type.
package struct Scalar: Hashable, Sendable {
    package var text: String
    /// False if it was quoted or is a block (`|`, `>`): then it is a string whatever it looks like.
    package var isPlain: Bool
    /// The explicit tag, such as `tag:yaml.org,2002:str`.
    package var tag: String?

    package init(_ text: String, isPlain: Bool = true, tag: String? = nil) {
        self.text = text
        self.isPlain = isPlain
        self.tag = tag
    }
}

/// Keys and values in the order in which they were written. Keys are unique.
package struct Mapping: Hashable, Sendable {
    /// One key of a mapping, with the place of the key itself.
    package struct Entry: Hashable, Sendable {
        package var key: String
        package var keyLocation: SourceLocation
        package var value: Node
    }

    package private(set) var entries: [Entry] = []
    private var positions: [String: Int] = [:]

    package init() {}

    package var isEmpty: Bool { entries.isEmpty }
    package var keys: [String] { entries.map(\.key) }

    package subscript(_ key: String) -> Node? { entry(key)?.value }

    package func entry(_ key: String) -> Entry? {
        positions[key].map { entries[$0] }
    }

    /// Appends the entry, or replaces the one with the same key at its place.
    package mutating func set(_ entry: Entry) {
        if let position = positions[entry.key] {
            entries[position] = entry
        } else {
            positions[entry.key] = entries.count
            entries.append(entry)
        }
    }
}

extension Node {
    package var mapping: Mapping? {
        if case .mapping(let mapping) = content { mapping } else { nil }
    }

    package var sequence: [Node]? {
        if case .sequence(let items) = content { items } else { nil }
    }

    package var scalar: Scalar? {
        if case .scalar(let scalar) = content { scalar } else { nil }
    }

    /// `null`, `~`, or nothing at all after the colon.
    package var isNull: Bool { scalar?.value == .null }

    var isBroken: Bool { content == .broken }

    /// The value as messages show it.
    package var shown: String {
        let source = origin.map { " (from \($0.reference))" } ?? ""
        switch content {
        case .broken: return "unknown" + source
        case .mapping: return "a mapping" + source
        case .sequence: return "a list" + source
        case .scalar(let scalar):
            return (scalar.value == .null ? "empty" : quoted(scalar.text)) + source
        }
    }
}

/// Text in single quotes for a message: on one line, and not longer than a line should be.
///
/// - Parameter limit: In characters; what is longer is cut. A path needs all of them.
package func quoted(_ text: String, limit: Int = 60) -> String {
    var shown = ""
    for scalar in text.unicodeScalars.prefix(limit) {
        switch scalar {
        case "\n": shown += "\\n"
        case "\t": shown += "\\t"
        case _ where scalar.value < 0x20 || scalar.value == 0x7f: shown += "·"
        default: shown.unicodeScalars.append(scalar)
        }
    }
    return text.unicodeScalars.count > limit ? "'\(shown)…'" : "'\(shown)'"
}

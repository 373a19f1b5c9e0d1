import Primitives

/// What to put in the place of a match: text with `$1`, `${1}`, `$name` and `${name}` for the
/// groups and `$$` for a dollar sign, by the rules of Go's `Regexp.Expand`.
///
/// A name is as long as it can be: `$1x` is the group named `1x`. A group that is not there, or
/// that took no part in the match, is empty. A `$` before anything else stands for itself.
package struct Replacement: Sendable {
    private enum Piece: Sendable {
        case text([UInt8])
        case group(Int)
        /// Several groups with one name: the first that took part counts.
        case firstOf([Int])
    }

    private let pieces: [Piece]

    /// A replacement that is used as it stands, `$` and all.
    package init(verbatim text: String) {
        pieces = text.isEmpty ? [] : [.text(Array(text.utf8))]
    }

    package init(_ template: String, for pattern: Pattern) {
        var pieces: [Piece] = []
        var text: [UInt8] = []
        var rest = Substring(template)
        while let character = rest.unicodeScalars.first {
            guard character == "$" else {
                text.append(contentsOf: String(rest.unicodeScalars.removeFirst()).utf8)
                continue
            }
            rest.unicodeScalars.removeFirst()
            if rest.unicodeScalars.first == "$" {
                text.append(UInt8(ascii: "$"))
                rest.unicodeScalars.removeFirst()
            } else if let name = Self.takeName(from: &rest) {
                if !text.isEmpty { pieces.append(.text(text)) }
                text = []
                pieces.append(contentsOf: Self.piece(name, of: pattern))
            } else {
                text.append(UInt8(ascii: "$"))
            }
        }
        if !text.isEmpty { pieces.append(.text(text)) }
        self.pieces = pieces
    }

    private static func takeName(from rest: inout Substring) -> String? {
        let isBraced = rest.unicodeScalars.first == "{"
        let scalars = isBraced ? rest.unicodeScalars.dropFirst() : rest.unicodeScalars[...]
        let name = scalars.prefix { scalar in
            switch scalar.properties.generalCategory {
            case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter,
                .otherLetter, .decimalNumber:
                true
            default: scalar == "_"
            }
        }
        guard !name.isEmpty else { return nil }
        var end = name.endIndex
        if isBraced {
            guard end < scalars.endIndex, scalars[end] == "}" else { return nil }
            end = scalars.index(after: end)
        }
        rest = rest[end...]
        return String(name)
    }

    private static func piece(_ name: String, of pattern: Pattern) -> [Piece] {
        if name.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }),
            name == "0" || !name.hasPrefix("0"), name.utf8.count <= 8, let group = Int(name)
        {
            return group <= pattern.groupCount ? [.group(group)] : []
        }
        let groups = pattern.groupNames.indices.filter { pattern.groupNames[$0] == name }
        return groups.count > 1 ? [.firstOf(groups)] : groups.map(Piece.group)
    }

    /// Appends what replaces `match`, which was found in `text`.
    package func write(_ match: Match, in text: RawSpan, to output: inout ByteBuffer) {
        for piece in pieces {
            switch piece {
            case .text(let bytes): output.append(bytes.span.bytes)
            case .group(let group):
                if let range = match[group] { output.append(text.extracting(range)) }
            case .firstOf(let groups):
                if let range = groups.lazy.compactMap({ match[$0] }).first {
                    output.append(text.extracting(range))
                }
            }
        }
    }
}

extension Pattern {
    /// Appends `text` with every match replaced, as Go's `ReplaceAllString` does. Nothing is
    /// appended, and false returned, if the pattern matches nowhere.
    package func replaceAll(
        in text: RawSpan, with replacement: Replacement, into output: inout ByteBuffer
    ) -> Bool {
        guard matches(text) else { return false }
        var copied = 0
        var matches = matches(in: text)
        while let match = matches.next() {
            output.append(text.extracting(copied..<match.range.lowerBound))
            replacement.write(match, in: text, to: &output)
            copied = match.range.upperBound
        }
        output.append(text.extracting(copied..<text.byteCount))
        return true
    }
}

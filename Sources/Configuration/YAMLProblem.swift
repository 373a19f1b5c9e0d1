import CYAML

/// A syntax error as libyaml tells it, and as we do: what is wrong and what to do.
struct YAMLProblem {
    private let problem: String
    private let context: String
    /// Line and column from 0, as libyaml has them.
    private let place: (line: Int, column: Int)
    private let contextPlace: (line: Int, column: Int)
    private let isAtEnd: Bool

    init(_ parser: yaml_parser_t, in bytes: UnsafeBufferPointer<UInt8>) {
        problem = parser.problem.map { String(cString: $0) } ?? "unreadable text"
        context = parser.context.map { String(cString: $0) } ?? ""
        contextPlace = Self.place(of: parser.context_mark)

        let end = Self.place(ofByte: bytes.count, in: bytes)
        // The reader knows only an offset: it runs ahead of the mark.
        let place =
            parser.error == YAML_READER_ERROR
            ? Self.place(ofByte: Int(clamping: parser.problem_offset), in: bytes)
            : Self.place(of: parser.problem_mark)
        isAtEnd = !(place < end)
        self.place = isAtEnd ? end : place
    }

    private static func place(of mark: yaml_mark_t) -> (line: Int, column: Int) {
        (Int(clamping: mark.line), Int(clamping: mark.column))
    }

    private static func place(
        ofByte offset: Int, in bytes: UnsafeBufferPointer<UInt8>
    ) -> (line: Int, column: Int) {
        let before = bytes.prefix(offset)
        let newline = UInt8(ascii: "\n")
        let lineStart = before.lastIndex(of: newline).map { $0 + 1 } ?? 0
        let line = String(decoding: before[lineStart...], as: UTF8.self)
        return (before.count { $0 == newline }, line.unicodeScalars.count)
    }

    /// What is still open at the end of the text is shown where it was opened.
    func diagnostic(file: String) -> Diagnostic {
        let (message, hint) = translation
        var notes: [Diagnostic.Note] = []
        var shown = place
        if isAtEnd, begun != nil {
            shown = contextPlace
        } else if let begun, contextPlace.line != place.line {
            notes.append(Diagnostic.Note(begun, at: Self.location(contextPlace, file)))
        }
        return Diagnostic(
            .error, message, at: Self.location(shown, file), hint: hint, notes: notes)
    }

    private static func location(
        _ place: (line: Int, column: Int), _ file: String
    ) -> SourceLocation {
        SourceLocation(file: file, line: place.line + 1, column: place.column + 1)
    }

    /// What was open when the problem turned up.
    private var begun: String? {
        switch context {
        case "while parsing a block mapping": "the mapping begins here"
        case "while parsing a block collection": "the list begins here"
        case "while parsing a flow mapping": "the '{' is here"
        case "while parsing a flow sequence": "the '[' is here"
        case "while scanning a quoted scalar": "the quoted text begins here"
        case "while scanning a simple key": "the line is this one"
        default: nil
        }
    }

    private var translation: (message: String, hint: String?) {
        switch problem {
        case "found character that cannot start any token":
            (
                "a value cannot begin with this character",
                "indent with blanks, not with tabs; put text such as '@x' or '%x' in quotes"
            )
        case "found a tab character that violates indentation",
            "found a tab character where an indentation space is expected":
            ("a tab cannot indent", "indent with blanks")
        case "mapping values are not allowed in this context":
            (
                "a colon is not allowed here",
                "check the indentation of this line and the one above; "
                    + "put text that contains ': ' in quotes"
            )
        case "could not find expected ':'":
            ("a key without a colon", "write 'key: value', with a blank after the colon")
        case "did not find expected key":
            ("a key was expected here", "check the indentation against the lines above")
        case "did not find expected '-' indicator":
            ("a '-' was expected here", "check the indentation against the lines above")
        case "did not find expected ',' or ']'": ("a list in [ ] is not closed", "write ',' or ']'")
        case "did not find expected ',' or '}'":
            ("a mapping in { } is not closed", "write ',' or '}'")
        case "found unexpected end of stream", "found unexpected document indicator":
            ("quoted text is not closed", "write the closing quote")
        case "control characters are not allowed":
            ("a control character is not allowed", "remove it, or write it as \"\\x1b\" in quotes")
        case "block sequence entries are not allowed in this context":
            ("a '-' is not allowed here", "a list begins on its own line, beneath its key")
        case "found unknown escape character":
            (
                "an unknown escape in double quotes",
                "write a backslash as \\\\, or use single quotes"
            )
        default: ("this is not YAML: \(problem)", nil)
        }
    }
}

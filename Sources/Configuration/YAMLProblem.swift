import CYAML

/// A syntax error as libyaml tells it, and as we do: what is wrong and what to do.
struct YAMLProblem {
    private let problem: String
    private let context: String
    private let mark: yaml_mark_t
    private let contextMark: yaml_mark_t

    init(_ parser: yaml_parser_t) {
        problem = parser.problem.map { String(cString: $0) } ?? "unreadable text"
        context = parser.context.map { String(cString: $0) } ?? ""
        mark = parser.error == YAML_READER_ERROR ? parser.mark : parser.problem_mark
        contextMark = parser.context_mark
    }

    func diagnostic(in file: String) -> Diagnostic {
        let (message, hint) = translation
        var notes: [Diagnostic.Note] = []
        if let begun, contextMark.line != mark.line {
            notes.append(Diagnostic.Note(begun, at: SourceLocation(contextMark, file: file)))
        }
        return Diagnostic(
            .error, message, at: SourceLocation(mark, file: file), hint: hint, notes: notes)
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

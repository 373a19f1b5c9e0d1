import Testing

@testable import Configuration

/// YAML to nodes: types, aliases, bounds, and syntax errors as they are printed.
struct YAMLParserTests {
    /// What the text means, or the report if it is refused.
    static func read(_ text: String) -> String {
        read(Array(text.utf8))
    }

    static func read(_ bytes: [UInt8]) -> String {
        let diagnostics = Diagnostics()
        let node = YAMLParser.parse(bytes, file: "a.yaml", reportingTo: diagnostics)
        return diagnostics.isEmpty ? node?.summary ?? "nothing" : diagnostics.rendered()
    }

    @Test(
        "a plain word has the type that otelcol gives it",
        arguments: [
            ("", "null"), ("~", "null"), ("null", "null"), ("NULL", "null"), ("nUll", #""nUll""#),
            ("true", "true"), ("False", "false"), ("yes", #""yes""#), ("off", #""off""#),
            ("12", "12"), ("+12", "12"), ("-12", "-12"), ("1_000", "1000"), ("0123", "83"),
            ("0o17", "15"), ("0x1F", "31"), ("-0b101", "-5"), ("0128", "128.0"), ("--1", #""--1""#),
            ("9223372036854775807", "9223372036854775807"),
            ("9223372036854775808", "9.223372036854776e+18"),
            ("1.5", "1.5"), (".5", "0.5"), ("1e3", "1000.0"), ("1.", "1.0"), (".", #"".""#),
            (".inf", "inf"), ("-.Inf", "-inf"), (".nan", "nan"), ("1.2.3", #""1.2.3""#),
            ("2026-01-31", #""2026-01-31""#), ("2026-01-31T12:00:00Z", #""2026-01-31T12:00:00Z""#),
            ("10s", #""10s""#), ("localhost:4318", #""localhost:4318""#), ("'12'", #""12""#),
            (#""true""#, #""true""#), ("!!str 12", #""12""#), ("!!int '12'", "12"),
            ("0x", #""0x""#), ("0_", "0"), ("1e", #""1e""#), ("|\n  5", #""5""#),
        ])
    func types(text: String, meaning: String) {
        #expect(Self.read(text) == meaning)
    }

    @Test func `aliases repeat a value, and merge keys add what is missing`() {
        let text = """
            base: &base {a: 1, b: 2}
            more: &more {b: 3, c: 4}
            copy: *base
            one: {<<: *base, a: 9}
            two: {<<: [*more, *base], d: 5}
            """

        #expect(
            Self.read(text)
                == "{base: {a: 1, b: 2}, more: {b: 3, c: 4}, copy: {a: 1, b: 2}, "
                + "one: {a: 9, b: 2}, two: {d: 5, b: 3, c: 4, a: 1}}")
    }

    @Test func `a value knows its line, its column in characters and its width`() {
        let diagnostics = Diagnostics()
        let text = "a:\n  ü: ['x', longer]\n"

        let node = YAMLParser.parse(Array(text.utf8), file: "f", reportingTo: diagnostics)

        let item = node?.mapping?["a"]?.mapping?["ü"]?.sequence?.last
        #expect(item?.location == SourceLocation(file: "f", line: 2, column: 12, width: 6))
    }

    @Test func `a second equal key is an error that shows the first`() {
        #expect(
            Self.read("a: 1\nb: 2\na: 3\n") == """
                a.yaml:3:1: error: the key 'a' is here a second time
                    3 | a: 3
                      | ^
                a.yaml:1:1: note: the first one is here
                    1 | a: 1
                      | ^
                  hint: remove one of them, or give it a name of its own, as in 'otlp/2'

                """)
    }

    @Test func `a list as a key is refused`() {
        #expect(
            Self.read("? [1]\n: 2\n") == """
                a.yaml:1:3: error: a key is a list, but must be a word
                    1 | ? [1]
                      |   ^

                """)
    }

    @Test func `an alias to nothing names the anchors there are`() {
        #expect(
            Self.read("a: &list [1]\nb: *lost\n") == """
                a.yaml:2:4: error: the alias '*lost' names no anchor above it
                    2 | b: *lost
                      |    ^~~~~
                  hint: did you mean 'list'? the anchors are list

                """)
    }

    @Test func `an alias within what it names is refused`() {
        #expect(
            Self.read("a: &a [*a]\n") == """
                a.yaml:1:8: error: the alias '*a' stands within what it names
                    1 | a: &a [*a]
                      |        ^~

                """)
    }

    @Test func `aliases of aliases are refused before they fill the memory`() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...40 {
            let items = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(items)]\n"
        }

        #expect(
            Self.read(text) == """
                a.yaml:5:45: error: with its aliases the file has more than 100000 values
                    5 | a4: &a4 [*a3, *a3, *a3, *a3, *a3, *a3, *a3, *a3, *a3, *a3]
                      |                                             ^~~

                """)
    }

    @Test func `lists within lists are refused beyond the hundredth`() {
        let deep = String(repeating: "[", count: 100) + String(repeating: "]", count: 100)

        #expect(Self.read(deep) == deep)
        #expect(
            Self.read(String(repeating: "[", count: 100_000)) == """
                a.yaml:1:101: error: lists and mappings are more than 100 deep here
                    1 | \(String(repeating: "[", count: 120))
                      | \(String(repeating: " ", count: 60))^

                """)
    }

    @Test func `a file that is too large is refused`() {
        let bytes = [UInt8](repeating: UInt8(ascii: "a"), count: (4 << 20) + 1)

        #expect(
            Self.read(bytes)
                == "error: a.yaml has 4194305 bytes, but must not have more than 4MiB\n")
    }

    @Test func `bytes that are not UTF-8 are refused with their line`() {
        #expect(
            Self.read(Array("a: 1\nb: ".utf8) + [0xff, 0x0a]) == """
                a.yaml:2:1: error: a.yaml is not UTF-8
                  hint: save the file as UTF-8

                """)
    }

    @Test func `a byte order mark is skipped`() {
        #expect(Self.read("\u{feff}a: 1\n") == "{a: 1}")
    }

    @Test func `a second document is refused`() {
        #expect(
            Self.read("a: 1\n---\nb: 2\n") == """
                a.yaml:2:1: error: a second document begins here, but a configuration is one \
                document
                    2 | ---
                      | ^
                  hint: remove the '---', or give each document its own --config

                """)
    }

    @Test func `an empty file and one of comments are null`() {
        #expect(Self.read("") == "null")
        #expect(Self.read("# nothing\n") == "null")
    }

    @Test(
        "a syntax error is told in our words, with its place",
        arguments: [
            (
                "a:\n\tb: 1\n",
                """
                a.yaml:2:1: error: a value cannot begin with this character
                    2 |  b: 1
                      | ^
                  hint: indent with blanks, not with tabs; put text such as '@x' or '%x' in quotes

                """
            ),
            (
                "a: b: c\n",
                """
                a.yaml:1:5: error: a colon is not allowed here
                    1 | a: b: c
                      |     ^
                  hint: check the indentation of this line and the one above; put text that \
                contains ': ' in quotes

                """
            ),
            (
                "a: [1, 2\nb: 3\n",
                """
                a.yaml:2:2: error: a list in [ ] is not closed
                    2 | b: 3
                      |  ^
                a.yaml:1:4: note: the '[' is here
                    1 | a: [1, 2
                      |    ^
                  hint: write ',' or ']'

                """
            ),
            (
                "a: 1\n b: 2\n",
                """
                a.yaml:2:3: error: a colon is not allowed here
                    2 |  b: 2
                      |   ^
                  hint: check the indentation of this line and the one above; put text that \
                contains ': ' in quotes

                """
            ),
            (
                "a: 'x\n",
                """
                a.yaml:1:4: error: quoted text is not closed
                    1 | a: 'x
                      |    ^
                  hint: write the closing quote

                """
            ),
            (
                "a:\n  b: 1\n c: 2\n",
                """
                a.yaml:3:2: error: a key was expected here
                    3 |  c: 2
                      |  ^
                a.yaml:1:1: note: the mapping begins here
                    1 | a:
                      | ^
                  hint: check the indentation against the lines above

                """
            ),
            (
                "a: \u{1b}\n",
                """
                a.yaml:1:4: error: a control character is not allowed
                    1 | a:  
                      |    ^
                  hint: remove it, or write it as "\\x1b" in quotes

                """
            ),
        ])
    func syntax(text: String, report: String) {
        #expect(Self.read(text) == report)
    }
}

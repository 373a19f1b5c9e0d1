import Testing

@testable import Configuration

/// References: what they stand for, which type it has, and how they fail.
struct ExpansionTests {
    /// What the value of a key means once its references are resolved.
    static func expanded(
        _ value: String, _ variables: [String: String] = [:], files: [String: String] = [:]
    ) -> (meaning: String, report: String) {
        var contents = files.mapValues { Array($0.utf8) }
        contents["c.yaml"] = Array("k: \(value)".utf8)
        let surroundings = Surroundings(variables: variables, files: contents)
        let diagnostics = Diagnostics()
        let tree = ConfigurationTree.load(
            [.file("c.yaml")], in: surroundings, reportingTo: diagnostics)
        return (tree.root.mapping?["k"]?.summary ?? "", diagnostics.rendered())
    }

    @Test(
        "a run of dollars before a reference escapes it if it is odd",
        arguments: [
            ("$${X}", "${X}"), ("$$${X}", "$v"), ("$$$${X}", "$${X}"), ("$$$$${X}", "$$v"),
            ("a$$b", "a$b"), ("a$b", "a$b"), ("$$", "$"), ("$", "$"), ("$X", "$X"),
            ("${X}${env:X}", "vv"), ("$${X} ${X}", "${X} ${X}"), ("${X} $${X}", "v $v"),
            ("${X", "${X"), ("}${X}", "}v"), ("a}b", "a}b"), ("${X}}", "v}"),
        ])
    func dollars(text: String, result: String) {
        let (meaning, report) = Self.expanded("'\(text)'", ["X": "v"])

        #expect(meaning == "\"\(result)\"")
        #expect(report == "")
    }

    @Test(
        "a value that is one reference has the type of its text",
        arguments: [
            ("0123", "83"), ("true", "true"), ("[a, 1]", #"["a", 1]"#), ("{a: 1}", "{a: 1}"),
            ("10s", #""10s""#), ("", "null"), ("null", "null"), ("[1", #""[1""#),
            ("a: b: c", #""a: b: c""#), ("a$$b", #""a$b""#), ("a::b: 1", "{a: {b: 1}}"),
            ("1\n---\n2", #""1\n---\n2""#.replacing("\\n", with: "\n")),
        ])
    func types(text: String, meaning: String) {
        #expect(Self.expanded("${env:X}", ["X": text]) == (meaning, ""))
        #expect(Self.expanded("'${X}'", ["X": text]) == (meaning, ""))
    }

    @Test func `a string option gets the text of a variable as it stands`() {
        let texts = ["0123", "true", #""0123""#, "", "[::1]:4318", "{a: 1}", "a$$b"]

        let strings = texts.map { text in
            SectionReading("k: ${env:X}", variables: ["X": text]) {
                $0.take("k", default: "default", "a string")
            }
        }

        #expect(
            strings.map(\.result)
                == ["0123", "true", #""0123""#, "", "[::1]:4318", "{a: 1}", "a$b"])
        #expect(strings.map(\.report) == Array(repeating: "", count: texts.count))
    }

    @Test(
        "text around a reference makes it a string",
        arguments: [
            ("a-${X}", #""a-7""#), ("${X}${X}", #""77""#), ("${X}s", #""7s""#),
            ("http://${env:HOST:-localhost}:${env:PORT:-4318}/v1", #""http://localhost:4318/v1""#),
        ])
    func embedding(text: String, meaning: String) {
        #expect(Self.expanded(text, ["X": "7"]) == (meaning, ""))
    }

    @Test(
        "a default is used only if the variable is not set",
        arguments: [
            ("${env:Y:-5}", "5"), ("${env:Y:-}", "null"), ("${env:X:-5}", #""v""#),
            ("${env:EMPTY:-5}", "null"), ("${env:Y:-a:-b}", #""a:-b""#),
            ("${env:Y:-${env:X}}", #""v""#), ("${env:X:-${env:Y}}", #""v""#),
            ("${env:Y:-http://h:1}", #""http://h:1""#), ("a${env:Y:-}b", #""ab""#),
        ])
    func defaults(text: String, meaning: String) {
        #expect(Self.expanded(text, ["X": "v", "EMPTY": ""]) == (meaning, ""))
    }

    @Test func `references within references are resolved from the inside`() {
        let files = ["/etc/part.yaml": "a: ${env:X}\nb: [1]\n", "/token": "secret\n"]
        let variables = ["DIR": "/etc", "X": "v", "NAME": "X", "CHAIN": "${env:X}"]

        #expect(
            Self.expanded("${file:${env:DIR}/part.yaml}", variables, files: files)
                == (#"{a: "v", b: [1]}"#, ""))
        #expect(Self.expanded("${env:${env:NAME}}", variables) == (#""v""#, ""))
        #expect(Self.expanded("${env:CHAIN}", variables) == (#""v""#, ""))
        #expect(Self.expanded("<${env:CHAIN}>", variables) == (#""<v>""#, ""))
        #expect(Self.expanded("${file:/token}", files: files) == (#""secret""#, ""))
        #expect(Self.expanded("Bearer ${file:/token}", files: files) == (#""Bearer secret""#, ""))
        #expect(Self.expanded("'${yaml:{a: [1]}'") == (#""{a: [1]""#, ""))
        #expect(Self.expanded("'${yaml:[1, 2]}'") == ("[1, 2]", ""))
    }

    @Test func `a variable that is not set is an error`() {
        let (meaning, report) = Self.expanded("http://${env:HOST}:${PORT}")

        #expect(meaning == "broken")
        #expect(
            report == """
                c.yaml:1:11: error: the environment variable HOST is not set
                    1 | k: http://${env:HOST}:${PORT}
                      |           ^~~~~~~~~~~
                  hint: set it, or give a default: ${env:HOST:-default}

                """)
    }

    @Test func `the old form of a default works, with a warning`() {
        let (meaning, report) = Self.expanded("${HOST:-localhost}")

        #expect(meaning == #""localhost""#)
        #expect(
            report == """
                c.yaml:1:4: warning: '${HOST:-localhost}' is an old form, which otelcol refuses
                    1 | k: ${HOST:-localhost}
                      |    ^~~~~~~~~~~~~~~~~~
                  hint: write ${env:HOST:-localhost}

                """)
    }

    @Test(
        "a reference that cannot be is an error",
        arguments: [
            (
                "${http://h/x}",
                """
                c.yaml:1:4: error: '${http://h/x}' is on the network, and the configuration is \
                never fetched from there
                    1 | k: ${http://h/x}
                      |    ^~~~~~~~~~~~~
                  hint: fetch it beforehand, and give the file

                """
            ),
            (
                "${vault:x}",
                """
                c.yaml:1:4: error: '${vault:x}' has the unknown scheme 'vault'
                    1 | k: ${vault:x}
                      |    ^~~~~~~~~~
                  hint: the schemes are file, env and yaml

                """
            ),
            (
                "${env:MY-VAR}",
                """
                c.yaml:1:4: error: '${env:MY-VAR}' does not name a variable
                    1 | k: ${env:MY-VAR}
                      |    ^~~~~~~~~~~~~
                  hint: write ${env:NAME}, or ${env:NAME:-default}

                """
            ),
            (
                "${env:A$B}",
                """
                c.yaml:1:4: error: '${env:A$B}' has a '$' within it
                    1 | k: ${env:A$B}
                      |    ^~~~~~~~~~

                """
            ),
            (
                "${file:/none}",
                """
                c.yaml:1:4: error: cannot read '/none': No such file
                    1 | k: ${file:/none}
                      |    ^~~~~~~~~~~~~

                """
            ),
        ])
    func refusals(text: String, report: String) {
        #expect(Self.expanded(text) == ("broken", report))
    }

    @Test(
        "references without end are cut off",
        arguments: [
            "${env:X}", "<${env:X}>", "[${env:X}]", "[${env:X}, ${env:X}]", "${env:X}${env:X}",
            "{a: ${env:X}}", "$$${env:X}", "${env:X:-${env:X}}",
        ])
    func recursion(value: String) {
        let (_, report) = Self.expanded("${env:X}", ["X": value])

        #expect(report.contains("error: "))
    }

    @Test func `a mistake in an inserted file is shown in that file`() {
        let files = ["part.yaml": "a: 1\na: 2\n"]

        let (_, report) = Self.expanded("${file:part.yaml}", files: files)

        #expect(
            report == """
                part.yaml:2:1: error: the key 'a' is here a second time
                    2 | a: 2
                      | ^
                part.yaml:1:1: note: the first one is here
                    1 | a: 1
                      | ^
                  hint: remove one of them, or give it a name of its own, as in 'otlp/2'

                """)
    }

    @Test func `keys are not expanded`() {
        let diagnostics = Diagnostics()
        let surroundings = Surroundings(files: ["c.yaml": Array("'${env:X}': 1".utf8)])

        let tree = ConfigurationTree.load(
            [.file("c.yaml")], in: surroundings, reportingTo: diagnostics)

        #expect(tree.root.summary == "{${env:X}: 1}")
    }
}

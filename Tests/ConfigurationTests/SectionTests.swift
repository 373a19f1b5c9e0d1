import Testing

@testable import Configuration

/// The calls of a component, as component authors write them, and what they report.
struct SectionTests {
    enum Verbosity: String, CaseIterable { case basic, normal, detailed }

    struct Settings: Equatable {
        var timeout: Duration
        var percentage: Double
        var size: Int
        var limit: ByteCount
        var verbosity: Verbosity
        var isOn: Bool
        var name: String
        var port: Int?
        var policies: [String]

        init(from section: inout Section) {
            timeout = section.take(
                "timeout", default: .seconds(30), in: .zero ... .seconds(3600), "time for one try")
            percentage = section.take("percentage", default: 100, in: 0...100, "share to keep")
            size = section.take("size", default: 8192, "records in a batch")
            limit = section.take("limit", default: .mebibytes(20), "largest body")
            verbosity = section.take("verbosity", default: .basic, "how much is shown")
            isOn = section.take("on", default: true, "whether it works")
            name = section.take("name", default: "x", "what it is called")
            port = section.takeSection("grpc", .offUnlessPresent, "gRPC") {
                $0.take("port", default: 4317, in: 1...65535, "port to listen on")
            }
            policies = section.takeSections("policies", "the policies") {
                $0.takeRequired("name", "the name of the policy")
            }
        }
    }

    // MARK: - Values

    @Test func `options that are not written have their defaults`() {
        let reading = SectionReading("", Settings.init)

        #expect(reading.report == "")
        #expect(
            reading.effective == """
                timeout: 30s
                percentage: 100
                size: 8192
                limit: 20MiB
                verbosity: basic
                on: true
                name: x
                policies: []

                """)
    }

    @Test func `options that are written have their values`() {
        let text = """
            timeout: 1m30s
            percentage: 12.5
            size: 1e3
            limit: 1024
            verbosity: detailed
            on: false
            name: "12"
            grpc:
            policies: [{name: a}, {name: b}]
            """

        let reading = SectionReading(text, Settings.init)

        #expect(reading.report == "")
        #expect(
            reading.effective == """
                timeout: 1m30s
                percentage: 12.5
                size: 1000
                limit: 1KiB
                verbosity: detailed
                on: false
                name: "12"
                grpc:
                  enabled: true
                  port: 4317
                policies:
                  - name: a
                  - name: b

                """)
    }

    @Test func `what is printed reads back as the same`() {
        let text = "{timeout: 5s, name: '${env:X}', grpc: {port: 1}, policies: [{name: 'a$$b'}]}"
        let reading = SectionReading(text, variables: ["X": "# ${"], Settings.init)

        let again = SectionReading(reading.effective, Settings.init)

        #expect(again.result == reading.result)
        #expect(again.report == "")
    }

    // MARK: - Mistakes

    @Test func `every mistake of a section is shown at once`() {
        let text = """
            timeout: 10
            percentage: 150
            size: -1
            limit: big
            verbosity: detaild
            on: "yes"
            name: 12
            grpc: {port: 0, prt: 1}
            policies: [{}, 5]
            timout: 5s
            """

        let reading = SectionReading(text, Settings.init)

        #expect(
            reading.report == """
                collector.yaml:1:10: error: processors.x.timeout is '10', but must be a duration \
                such as 10s
                    1 | timeout: 10
                      |          ^~
                  hint: write the unit: 10s, 10ms, 10m
                collector.yaml:2:13: error: processors.x.percentage is '150', but must be a number \
                between 0 and 100
                    2 | percentage: 150
                      |             ^~~
                collector.yaml:3:7: error: processors.x.size is '-1', but must be a whole number \
                of at least 0
                    3 | size: -1
                      |       ^~
                collector.yaml:4:8: error: processors.x.limit is 'big', but must be a number of \
                bytes such as 4096 or 64MiB
                    4 | limit: big
                      |        ^~~
                collector.yaml:5:12: error: processors.x.verbosity is 'detaild', but must be one \
                of basic, normal, detailed
                    5 | verbosity: detaild
                      |            ^~~~~~~
                  hint: did you mean 'detailed'?
                collector.yaml:6:5: error: processors.x.on is 'yes', but must be true or false
                    6 | on: "yes"
                      |     ^~~~~
                  hint: write true, without quotes
                collector.yaml:7:7: error: processors.x.name is '12', but must be a string
                    7 | name: 12
                      |       ^~
                  hint: put it in quotes: "12"
                collector.yaml:8:14: error: processors.x.grpc.port is '0', but must be a whole \
                number between 1 and 65535
                    8 | grpc: {port: 0, prt: 1}
                      |              ^
                collector.yaml:8:17: error: processors.x.grpc has no option 'prt'
                    8 | grpc: {port: 0, prt: 1}
                      |                 ^~~
                  hint: did you mean 'port'? its options are enabled, port
                collector.yaml:9:12: error: processors.x.policies[0].name must be given
                    9 | policies: [{}, 5]
                      |            ^
                  hint: it is the name of the policy
                collector.yaml:9:16: error: processors.x.policies[1] is '5', but must be a mapping
                    9 | policies: [{}, 5]
                      |                ^
                collector.yaml:10:1: error: processors.x has no option 'timout'
                   10 | timout: 5s
                      | ^~~~~~
                  hint: did you mean 'timeout'? its options are grpc, limit, name, on, percentage, \
                policies, size, timeout, verbosity

                """)
    }

    @Test(
        "a duration that is nearly one gets a hint",
        arguments: [
            ("5 min", "write 5m"), ("2d", "write 48h"), ("10sec", "write 10s"),
            ("1.5x", "the units are ns, us, ms, s, m and h, as in 1h30m"),
        ])
    func durationHints(text: String, hint: String) {
        let reading = SectionReading("timeout: \(text)") {
            $0.take("timeout", default: .zero, "a duration")
        }

        let underline = String(repeating: "~", count: text.count - 1)
        #expect(
            reading.report == """
                collector.yaml:1:10: error: processors.x.timeout is '\(text)', but must be a \
                duration such as 10s
                    1 | timeout: \(text)
                      |          ^\(underline)
                  hint: \(hint)

                """)
    }

    @Test func `a duration outside its range is refused`() {
        let reading = SectionReading("timeout: 2h", Settings.init)

        #expect(
            reading.report == """
                collector.yaml:1:10: error: processors.x.timeout is '2h', but must be a duration \
                between 0s and 1h
                    1 | timeout: 2h
                      |          ^~

                """)
    }

    @Test func `a key with nothing after it keeps its default, with a warning`() {
        let reading = SectionReading("timeout:\nsize: 5\n", Settings.init)

        #expect(reading.result.timeout == .seconds(30))
        #expect(
            reading.report == """
                collector.yaml:1:9: warning: processors.x.timeout is empty; its default is used
                    1 | timeout:
                      |         ^
                  hint: write a value, or remove the line; the default is 30s

                """)
    }

    @Test func `an empty variable keeps the default, and is an empty string where one is wanted`() {
        let reading = SectionReading(
            "{timeout: '${env:E}', name: '${env:E}'}", variables: ["E": ""], Settings.init)

        #expect(reading.result.timeout == .seconds(30))
        #expect(reading.result.name == "")
        #expect(
            reading.report == """
                collector.yaml:1:12: warning: processors.x.timeout is empty (from ${env:E}); its \
                default is used
                    1 | {timeout: '${env:E}', name: '${env:E}'}
                      |            ^~~~~~~~
                  hint: write a value, or remove the line; the default is 30s

                """)
    }

    @Test func `a mistake in a variable is shown where the variable is named`() {
        let reading = SectionReading(
            "timeout: ${env:WAIT}", variables: ["WAIT": "soon"], Settings.init)

        #expect(
            reading.report == """
                collector.yaml:1:10: error: processors.x.timeout is 'soon' (from ${env:WAIT}), but \
                must be a duration such as 10s
                    1 | timeout: ${env:WAIT}
                      |          ^~~~~~~~~~~

                """)
    }

    @Test func `a variable that is not set is reported once`() {
        let text = "{timeout: '${env:A}', grpc: '${env:B}', policies: [{name: '${env:C}'}]}"

        let reading = SectionReading(text, Settings.init)

        #expect(reading.report.split(separator: "\n").filter { $0.contains("error") }.count == 3)
        #expect(!reading.report.contains("must be"))
    }

    @Test func `a list where a mapping belongs is refused`() {
        let reading = SectionReading("grpc: [1]\npolicies: {a: 1}\n", Settings.init)

        #expect(
            reading.report == """
                collector.yaml:1:7: error: processors.x.grpc is a list, but must be a mapping
                    1 | grpc: [1]
                      |       ^
                collector.yaml:2:11: error: processors.x.policies is a mapping, but must be a list
                    2 | policies: {a: 1}
                      |           ^

                """)
    }

    // MARK: - Sections that can be off

    @Test(
        "a section is on or off as otelcol has it",
        arguments: [
            ("", [false, false, true]), ("s:", [true, false, true]), ("s: {}", [true, true, true]),
            ("s: {a: 1}", [true, true, true]), ("s: {enabled: false}", [false, false, false]),
            ("s: {enabled: true}", [true, true, true]),
            ("s: {enabled: false, junk: 1}", [false, false, false]),
        ])
    func presence(text: String, states: [Bool]) {
        let kinds: [Section.Presence] = [.offUnlessPresent, .offUnlessFilled, .onUnlessDisabled]

        let readings = kinds.map { presence in
            SectionReading(text) { section in
                section.takeSection("s", presence, "a section") {
                    $0.take("a", default: 0, "a number")
                }
            }
        }

        #expect(readings.map { $0.result != nil } == states)
        #expect(readings.map(\.report) == ["", "", ""])
    }

    @Test func `enabled must be true or false`() {
        let reading = SectionReading("s: {enabled: 1}") {
            $0.takeSection("s", .onUnlessDisabled, "a section") { _ in }
        }

        #expect(
            reading.report == """
                collector.yaml:1:14: error: processors.x.s.enabled is '1', but must be true or false
                    1 | s: {enabled: 1}
                      |              ^

                """)
    }

    // MARK: - Lists, headers and secrets

    @Test(
        "a list of strings may be one string with commas",
        arguments: [
            ("[a, b]", ["a", "b"]), ("a, b", ["a", "b"]), ("a", ["a"]), ("[]", []), ("", ["d"]),
            ("'a,b'", ["a", "b"]),
        ])
    func stringLists(text: String, list: [String]) {
        let reading = SectionReading("l: \(text)") {
            $0.takeStrings("l", default: ["d"], "a list")
        }

        #expect(reading.result == list)
        #expect(reading.report == "")
    }

    @Test func `each item of a list is checked`() {
        let reading = SectionReading("l: [100, x, 700]") {
            $0.takeList("l", of: .integer(in: 100...599), "status codes")
        }

        #expect(reading.result == [100])
        #expect(
            reading.report == """
                collector.yaml:1:10: error: processors.x.l[1] is 'x', but must be a whole number \
                between 100 and 599
                    1 | l: [100, x, 700]
                      |          ^
                collector.yaml:1:13: error: processors.x.l[2] is '700', but must be a whole number \
                between 100 and 599
                    1 | l: [100, x, 700]
                      |             ^~~

                """)
    }

    @Test(
        "headers are a mapping or a list",
        arguments: ["{a: x, B: '${env:T}'}", "[{name: a, value: x}, {name: B, value: '${env:T}'}]"])
    func headers(text: String) {
        let reading = SectionReading("h: \(text)", variables: ["T": "12"]) {
            $0.takeHeaders("h", "headers")
        }

        #expect(reading.result.map(\.name) == ["a", "B"])
        #expect(reading.result.map(\.value.revealed) == ["x", "12"])
        #expect("\(reading.result)".contains("12") == false)
        #expect(reading.effective == "h:\n  a: \"[REDACTED]\"\n  B: \"[REDACTED]\"\n")
        #expect(reading.report == "")
    }

    @Test func `a header that is there twice is refused`() {
        let reading = SectionReading("h: {a: x, A: y}") { $0.takeHeaders("h", "headers") }

        #expect(
            reading.report == """
                collector.yaml:1:11: error: processors.x.h has the header 'A' twice
                    1 | h: {a: x, A: y}
                      |           ^

                """)
    }

    @Test func `a secret is shown neither in a message nor in the effective configuration`() {
        let good = SectionReading("token: hunter2") { $0.takeSecret("token", "the token") }
        let bad = SectionReading("token: 123456") { $0.takeSecret("token", "the token") }

        #expect(good.result?.revealed == "hunter2")
        #expect(good.effective == "token: \"[REDACTED]\"\n")
        #expect(
            bad.report == """
                collector.yaml:1:8: error: processors.x.token must be a string; if it is a number, \
                put it in quotes

                """)
    }

    // MARK: - What components say themselves

    @Test func `a component reports its own mistakes at an option`() {
        let reading = SectionReading("{a: 1, old: 5s, unused: 1, grpc: }") { section in
            section.refuse("a", "is less than b", hint: "write more")
            section.warn("b", "is odd")
            section.warn("has no policy")
            _ = section.take("a", default: 0, "a number")
            _ = section.takeDeprecated(
                "old", as: .duration(in: .zero ... .goLimit), write: "new", "")
            section.ignore("unused", because: "there is no collector of garbage here")
            section.refuseUnsupported("grpc", "OTLP over gRPC")
        }

        #expect(
            reading.report == """
                collector.yaml:1:1: warning: processors.x.b is odd
                    1 | {a: 1, old: 5s, unused: 1, grpc: }
                      | ^
                collector.yaml:1:1: warning: processors.x has no policy
                    1 | {a: 1, old: 5s, unused: 1, grpc: }
                      | ^
                collector.yaml:1:5: error: processors.x.a is less than b
                    1 | {a: 1, old: 5s, unused: 1, grpc: }
                      |     ^
                  hint: write more
                collector.yaml:1:13: warning: processors.x.old is an old option
                    1 | {a: 1, old: 5s, unused: 1, grpc: }
                      |             ^~
                  hint: write new instead
                collector.yaml:1:25: warning: processors.x.unused has no effect: there is no \
                collector of garbage here
                    1 | {a: 1, old: 5s, unused: 1, grpc: }
                      |                         ^
                collector.yaml:1:28: error: processors.x.grpc is not in this build yet: OTLP over \
                gRPC
                    1 | {a: 1, old: 5s, unused: 1, grpc: }
                      |                            ^~~~

                """)
    }

    @Test func `a text option of its own kind points into the text`() {
        let statement = OptionType<Int>.text(
            "statement",
            read: { (text: String) throws(Mismatch) in
                guard let bad = text.firstIndex(of: "!") else { return text.count }
                let offset = text.distance(from: text.startIndex, to: bad)
                throw Mismatch("has '!' at character \(offset + 1)", offset: offset)
            }, show: { "\($0)" })

        let reading = SectionReading("s: 'ab!c'") { $0.takeOptional("s", as: statement, "text") }

        #expect(
            reading.report == """
                collector.yaml:1:7: error: processors.x.s has '!' at character 3
                    1 | s: 'ab!c'
                      |       ^

                """)
    }

    // MARK: - The option reference

    @Test func `the same calls describe the options`() {
        let options = Section.describing { _ = Settings(from: &$0) }

        #expect(
            options.map(\.path) == [
                "timeout", "percentage", "size", "limit", "verbosity", "on", "name", "grpc",
                "grpc.enabled", "grpc.port", "policies", "policies[].name",
            ])
        #expect(
            options[0]
                == OptionDescription(
                    path: "timeout", type: "duration", defaultValue: "30s",
                    range: "between 0s and 1h", documentation: "time for one try"))
        #expect(
            options[4]
                == OptionDescription(
                    path: "verbosity", type: "word", defaultValue: "basic",
                    values: ["basic", "normal", "detailed"], documentation: "how much is shown"))
        #expect(
            options[11]
                == OptionDescription(
                    path: "policies[].name", type: "string", isRequired: true,
                    documentation: "the name of the policy"))
    }

    @Test func `sections within sections of their kind are described once`() {
        func readPolicy(_ section: inout Section) {
            _ = section.take("name", default: "", "the name")
            _ = section.takeSection("and", .offUnlessPresent, "all of these") {
                $0.takeSections("policies", "the policies") { readPolicy(&$0) }
            }
        }

        let options = Section.describing { section in
            _ = section.takeSections("policies", "the policies", readPolicy)
        }

        #expect(
            options.map(\.path) == [
                "policies", "policies[].name", "policies[].and", "policies[].and.enabled",
                "policies[].and.policies",
            ])
    }
}

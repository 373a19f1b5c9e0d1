import Testing

@testable import Configuration

/// Sources, how they are merged, and `--set`.
struct ConfigurationTreeTests {
    static func merged(
        _ texts: [String], overrides: [String] = []
    ) -> (meaning: String, report: String) {
        let diagnostics = Diagnostics()
        let tree = ConfigurationTree.load(
            texts.map { .text($0) }, overrides: overrides, in: Surroundings(),
            reportingTo: diagnostics)
        return (tree.root.summary, diagnostics.rendered())
    }

    @Test(
        "later sources win",
        arguments: [
            (["a: {b: 1, c: 2}", "a: {c: 3, d: 4}"], "{a: {b: 1, c: 3, d: 4}}"),
            (["a: [1, 2]", "a: [3]"], "{a: [3]}"),
            (["a: {b: 1}", "a: "], "{a: null}"),
            (["a: {b: 1}", "a: {}"], "{a: {b: 1}}"),
            (["a: ", "a: {b: 1}"], "{a: {b: 1}}"),
            (["a: 1", "a: {b: 1}"], "{a: {b: 1}}"),
            (["a: 1", "", "# nothing", "b: 2"], "{a: 1, b: 2}"),
            (["a::b::c: 1", "a::b: {d: 2}"], "{a: {b: {c: 1, d: 2}}}"),
            (["a: {b::c: 1, b: {d: 2}}"], "{a: {b: {c: 1, d: 2}}}"),
            (["'::1': 1"], "{::1: 1}"),
        ])
    func merging(texts: [String], meaning: String) {
        #expect(Self.merged(texts) == (meaning, ""))
    }

    @Test(
        "an override nests at dots and at double colons",
        arguments: [
            ("a.b=2s", #"{a: {x: 1, b: "2s"}}"#),
            ("a::b.c=[1, z]", #"{a: {x: 1, b: {c: [1, "z"]}}}"#),
            ("a={y: 2}", "{a: {x: 1, y: 2}}"), ("a.x=", "{a: {x: null}}"),
            ("a.x=p=q", #"{a: {x: "p=q"}}"#),
        ])
    func overriding(override: String, meaning: String) {
        #expect(Self.merged(["a: {x: 1}"], overrides: [override]) == (meaning, ""))
    }

    @Test(
        "an override that cannot be is an error",
        arguments: [
            (
                "a.b",
                """
                error: --set 'a.b' must have the form key=value
                  hint: such as --set exporters.debug.verbosity=detailed

                """
            ),
            (
                "a..b=1",
                """
                error: --set 'a..b=1' must have the form key=value
                  hint: such as --set exporters.debug.verbosity=detailed

                """
            ),
            (
                "a.b=[1",
                """
                --set:1:5: error: a list in [ ] is not closed
                    1 | a.b=[1
                      |     ^
                  hint: write ',' or ']'

                """
            ),
        ])
    func overrideMistakes(override: String, report: String) {
        #expect(Self.merged(["a: 1"], overrides: [override]) == ("{a: 1}", report))
    }

    @Test func `a mistake in an override is shown in it`() {
        let loaded = Loaded(
            "receivers: {otlp: }\nexporters: {nop: }\nservice: {pipelines: }\n",
            overrides: [
                "service.pipelines.traces.receivers=[otlp]",
                "service.pipelines.traces.exporters=[npo]",
            ])

        #expect(
            loaded.report == """
                collector.yaml:2:13: warning: exporters.nop is defined, but not named in any \
                pipeline
                    2 | exporters: {nop: }
                      |             ^~~
                --set#2:1:37: error: service.pipelines.traces names the exporter 'npo', which is \
                not defined
                    1 | service.pipelines.traces.exporters=[npo]
                      |                                     ^~~
                  hint: did you mean 'nop'? the exporters defined are nop

                """)
    }

    @Test(
        "an argument names a file, a variable, text, or a scheme we do not have",
        arguments: [
            ("a.yaml", .file("a.yaml")), ("file:a.yaml", .file("a.yaml")),
            ("C:\\x", .file("C:\\x")), ("my_dir:a", .file("my_dir:a")),
            ("env:CONFIG", .variable("CONFIG")), ("yaml:a: 1", .text("a: 1")),
            ("https://h/x", .unknown(scheme: "https", rest: "//h/x")),
            ("s3:x", .unknown(scheme: "s3", rest: "x")), ("", .file("")),
        ] as [(String, ConfigurationSource)])
    func arguments(argument: String, source: ConfigurationSource) {
        #expect(ConfigurationSource(argument) == source)
    }

    @Test(
        "a source that cannot be read is an error",
        arguments: [
            (
                "https://h/x",
                """
                error: 'https://h/x' is on the network, and the configuration is never fetched \
                from there
                  hint: fetch it beforehand, and give the file

                """
            ),
            ("none.yaml", "error: cannot read 'none.yaml': No such file\n"),
            ("env:NONE", "error: the environment variable NONE is not set\n"),
            ("env:N-1", "error: 'N-1' cannot be the name of a variable\n"),
            (
                "yaml:[1]",
                """
                yaml::1:1: error: yaml: is a list, but must be a mapping
                    1 | [1]
                      | ^
                  hint: a configuration begins with a line such as 'receivers:'

                """
            ),
        ])
    func unreadable(argument: String, report: String) {
        let diagnostics = Diagnostics()

        _ = ConfigurationTree.load(
            [ConfigurationSource(argument)], in: Surroundings(), reportingTo: diagnostics)

        #expect(diagnostics.rendered() == report)
    }

    @Test func `a missing file and a folder are told apart`() {
        let diagnostics = Diagnostics()

        _ = ConfigurationTree.load([.file("/none.yaml"), .file("/")], reportingTo: diagnostics)

        #expect(
            diagnostics.rendered() == """
                error: cannot read '/none.yaml': No such file or directory
                error: cannot read '/': Is a directory

                """)
    }
}

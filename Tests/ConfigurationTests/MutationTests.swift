import TestSupport
import Testing

@testable import Configuration

/// Whatever stands in a file, reading it ends soon, without a trap, and with a report that can be
/// printed.
///
/// Method: published configurations and a collection of YAML's odd corners, with bytes changed,
/// removed, doubled and moved; read whole, as the daemon does at its start.
struct MutationTests {
    static let seeds: Range<UInt64> = 0..<8
    /// Of each seed. 6,000 of each were run once; these keep the suite quick.
    static let roundCount = 250

    static let corpus = [
        """
        receivers: &r {otlp: {protocols: {http: {endpoint: "${env:H:-localhost}:4318"}}}}
        exporters: {debug: , otlp_http/b: {headers: {x: "${X:-$${Y}}"}, list: [1, 0x2, 3e4]}}
        service: {pipelines: {traces: {receivers: [otlp], exporters: [debug, otlp_http/b]}}}
        """,
        """
        a: &a [1, &b {c: *a}, *b]
        <<: [*b, {x::y::z: 1}]
        ? [k]
        : !!str |+
          text
            more
        '${env:X}': "${file:${env:X}}${yaml:[${X}]}\\x41\\u00e9"
        --- # second
        """,
        """
        receivers:
          otlp:
            timeout: 1h2m
        processors:
          batch: {timeout: .5s, size: 1e300, percentage: -.inf, limit: 9223372036854775808}
        service:
          telemetry: {logs: {level: debug}}
          pipelines:
            traces/x: {receivers: "otlp, otlp", processors: [batch], exporters: }
        """,
    ]

    @Test("changed files end in a report", arguments: seeds)
    func mutations(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<Self.roundCount {
            var bytes = Array(
                Self.corpus[Int.random(in: 0..<Self.corpus.count, using: &generator)].utf8)
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                Self.mutate(&bytes, &generator)
            }
            Self.readAll(bytes)
        }
    }

    private static let words = [
        "${", "}", "$$", "&a ", "*a", "<<: ", "::", "- ", "? ", ": ", "[", "]", "{", "}", "\n",
        "\t",
        "|\n", ">-\n", "!!int ", "%YAML 1.1\n", "---\n", "...\n", "'", "\"", "#", "\\x", "\u{feff}",
        "\u{85}", "env:X", "yaml:", "file:f", "!", "@", "`", ",", "0x", "99999999999999999999",
    ]

    private static func mutate(_ bytes: inout [UInt8], _ generator: inout SeededGenerator) {
        guard !bytes.isEmpty else { return }
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes.remove(at: place)
        case 2: bytes.removeSubrange(place..<min(bytes.count, place + 20))
        case 3: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 40)], at: place)
        case 4: bytes.removeSubrange(place...)
        default:
            let word = words[Int.random(in: 0..<words.count, using: &generator)]
            bytes.insert(contentsOf: word.utf8, at: place)
        }
    }

    /// As the daemon, with components that take some options.
    private static func readAll(_ bytes: [UInt8]) {
        let diagnostics = Diagnostics()
        let surroundings = Surroundings(
            variables: ["X": "${env:H}", "H": "[${yaml:1}]"], files: ["f": bytes, "c.yaml": bytes])
        let tree = ConfigurationTree.load(
            [.file("c.yaml"), .text("a: 1")], overrides: ["a.b=1"], in: surroundings,
            reportingTo: diagnostics)
        let configuration = Configuration(tree, reportingTo: diagnostics)
        var effective = EffectiveConfiguration(configuration)
        for component in configuration.components {
            var section = component.section(reportingTo: diagnostics)
            _ = section.take("timeout", default: .seconds(1), "")
            _ = section.take("size", default: 1, "")
            _ = section.take("percentage", default: 1, in: 0...100.0, "")
            _ = section.take("limit", default: .mebibytes(1), "")
            _ = section.takeStrings("list", "")
            _ = section.takeHeaders("headers", "")
            _ = section.takeSections("actions", "") { $0.takeRequired("key", "") }
            section.finish()
            effective.set(component, section)
        }
        #expect(diagnostics.rendered().isEmpty == diagnostics.isEmpty)
        #expect(effective.yaml.hasSuffix("\n"))
    }

    @Test(
        "text made to be slow is not",
        // What is quadratic takes far longer; what is linear is done in a second on any machine.
        .timeLimit(.minutes(5)),
        arguments: [
            String(repeating: "[", count: 1_000_000), String(repeating: "- ", count: 500_000),
            String(repeating: "a: ", count: 300_000), String(repeating: "? ", count: 300_000),
            String(repeating: "{a: ", count: 300_000),
            String(repeating: "a::", count: 300_000) + "b: 1",
            "a: \"" + String(repeating: "${", count: 300_000) + String(repeating: "}", count: 100)
                + "\"",
            "a: '" + String(repeating: "${X:-", count: 50_000)
                + String(repeating: "}", count: 50_000) + "'",
            "a: \"" + String(repeating: "${yaml:b}", count: 30_000) + "\"",
            (0..<20_000).map { "k\($0): &a\($0) {<<: *a\(max(0, $0 - 1))}\n" }.joined(),
            (0..<20_000).map { "k\($0): ${env:H}\n" }.joined(),
            String(repeating: "&a ", count: 300_000), String(repeating: "'", count: 1_000_001),
            String(repeating: "#\n", count: 1_000_000), String(repeating: "a: 1\n", count: 20_000),
        ])
    func slow(text: String) {
        Self.readAll(Array(text.utf8))
    }
}

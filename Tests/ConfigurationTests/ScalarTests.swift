import Testing

@testable import Configuration

/// Durations, byte counts, near misses and the text of `print-config`.
struct ScalarTests {
    @Test(
        "a duration is read as Go reads it",
        arguments: [
            ("0", .zero), ("10s", .seconds(10)), ("1h2m3s", .seconds(3723)),
            ("1.5h", .seconds(5400)), ("300ms", .milliseconds(300)), ("50µs", .microseconds(50)),
            ("50μs", .microseconds(50)), ("50us", .microseconds(50)), ("7ns", .nanoseconds(7)),
            (".5s", .milliseconds(500)), ("-1m", .seconds(-60)), ("+1m", .seconds(60)),
            ("1.s", .seconds(1)), ("2562047h47m16.854775807s", .goLimit),
            ("", nil), ("10", nil), ("s", nil), ("1d", nil), ("1h-2m", nil), (".s", nil),
            ("10 s", nil), ("9999999999h", nil), ("2562047h48m", nil), ("1.5.5s", nil),
            ("99999999999999999999s", nil), ("-", nil), ("1S", nil), ("٣s", nil),
        ] as [(String, Duration?)])
    func durations(text: String, duration: Duration?) {
        #expect(Duration(goText: text) == duration)
    }

    @Test(
        "a duration is shown as Go shows it",
        arguments: [
            (.zero, "0s"), (.seconds(90), "1m30s"), (.seconds(3600), "1h"),
            (.milliseconds(200), "200ms"), (.milliseconds(1500), "1.5s"),
            (.microseconds(1500), "1.5ms"), (.nanoseconds(1500), "1.5µs"),
            (.nanoseconds(7), "7ns"), (.seconds(-60), "-1m"),
            (.goLimit, "2562047h47m16.854775807s"),
        ] as [(Duration, String)])
    func durationTexts(duration: Duration, text: String) {
        #expect(duration.goText == text)
        #expect(Duration(goText: text) == duration)
    }

    @Test(
        "a number of bytes may have a unit",
        arguments: [
            ("0", 0), ("4096", 4096), ("64MiB", 64 << 20), ("100MB", 100_000_000), ("1kB", 1000),
            ("1.5KiB", 1536), ("64 mib", 64 << 20), ("1GiB", 1 << 30), ("12B", 12),
            ("", nil), ("MiB", nil), ("-1", nil), ("1XB", nil), ("9999999TiB", nil),
            ("1..5MiB", nil), ("9223372036854775808", nil), ("1e3", nil),
        ] as [(String, Int?)])
    func byteCounts(text: String, bytes: Int?) {
        #expect(ByteCount(text)?.bytes == bytes)
    }

    @Test(
        "a number of bytes is shown with the largest unit that divides it",
        arguments: [
            (0, "0"), (1000, "1000"), (1024, "1KiB"), (20 << 20, "20MiB"), (3 << 29, "1536MiB"),
        ])
    func byteCountTexts(bytes: Int, text: String) {
        #expect(ByteCount(bytes: bytes).description == text)
    }

    @Test(
        "the word that was meant is found if few letters differ",
        arguments: [
            ("timout", "timeout"), ("tiemout", "timeout"), ("Timeout", "timeout"),
            ("endpiont", "endpoint"), ("send_batchsize", "send_batch_size"), ("x", nil),
            ("completely", nil), ("", nil), (String(repeating: "t", count: 100_000), nil),
        ] as [(String, String?)])
    func nearMisses(word: String, meant: String?) {
        let known = [
            "timeout", "endpoint", "send_batch_size", String(repeating: "k", count: 90_000),
        ]

        #expect(NearMiss.closest(to: word, among: known) == meant)
    }

    @Test(
        "text that YAML would read as something else is quoted",
        arguments: [
            ("plain", "plain"), ("localhost:4318", "localhost:4318"), ("", #""""#),
            ("true", #""true""#), ("null", #""null""#), ("12", #""12""#), ("a: b", #""a: b""#),
            ("a #b", #""a #b""#), ("- a", #""- a""#), ("a\nb", #""a\nb""#), ("\"", #""\"""#),
            ("\u{1b}", #""\x1b""#), ("./out/x.jsonl", "./out/x.jsonl"), ("*", #""*""#),
            ("${env:X}", #""$${env:X}""#), ("a$$b", #""a$$$$b""#), ("cost$", #""cost$""#),
            ("[x]", #""[x]""#), ("ends:", #""ends:""#), ("1 a", #""1 a""#), ("ü", "ü"),
        ])
    func quoting(text: String, yaml: String) {
        #expect(EffectiveValue.string(text) == .scalar(yaml))
        #expect(ExpansionTests.expanded(yaml).meaning == "\"\(text)\"")
    }

    @Test func `effective values are printed as YAML`() {
        let value = EffectiveValue.mapping([
            EffectiveValue.Entry("a", .scalar("1")),
            EffectiveValue.Entry("empty", .mapping([])),
            EffectiveValue.Entry("list", .list([.scalar("1"), .string("b")])),
            EffectiveValue.Entry(
                "sections",
                .list([
                    .mapping([
                        EffectiveValue.Entry("name", .string("x")),
                        EffectiveValue.Entry(
                            "inner", .mapping([EffectiveValue.Entry("y", .scalar("2"))])),
                    ]), .mapping([EffectiveValue.Entry("name", .string("z"))]),
                ])),
        ])

        #expect(
            value.yaml == """
                a: 1
                empty: {}
                list: [1, b]
                sections:
                  - name: x
                    inner:
                      y: 2
                  - name: z

                """)
    }
}

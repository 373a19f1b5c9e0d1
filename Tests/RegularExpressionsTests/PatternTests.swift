import Primitives
import RegularExpressions
import TestSupport
import Testing

struct PatternTests {
    @Test(arguments: [
        ("l{2}o", "hello world", true), ("^ello", "hello", false), ("ell", "hello", true),
        ("^hell", "hello", true), ("^hello$", "hello", true), ("^hello$", "hello\n", false),
        ("llo$", "hello", true), ("hello$", "hell", false), ("^$", "", true), ("", "", true),
        ("a.b", "a\nb", false), ("(?s)a.b", "a\nb", true), ("(?m)^b$", "a\nb\nc", true),
        (#"\z"#, "a", true), (#"^/api/v\d+/"#, "/api/v12/x", true), ("(?i)ÄB", "äb", true),
        (#"\pL+é"#, "café", true), ("a$|b", "ab\n", true), (#"[[:alpha:]]\b"#, "0a.", true),
        (#"^/v1\.0\$$"#, "/v1.0$", true), (#"a\.b"#, "axb", false), (#"a\/b"#, "a/b", true),
        (#"\d"#, "d", false), (#"a\\$"#, #"xa\"#, true), ("a$b", "a$b", false),
    ])
    func `a pattern matches anywhere, as in Go`(_ pattern: String, text: String, expected: Bool)
        throws
    {
        #expect(try Pattern(pattern).matches(text) == expected)
    }

    @Test func `a pattern that does not compile says why and where`() {
        let error = #expect(throws: PatternError.self) { try Pattern("ab(c") }

        #expect(error == PatternError(reason: "missing ): ab(c", part: "ab(c"))
        let range = #expect(throws: PatternError.self) { try Pattern("ab[z-a]") }
        #expect(range?.offset(in: "ab[z-a]") == 3)
    }

    @Test(arguments: [#"a(?=b)"#, #"(a)\1"#, "a{1001}", "(?P<n>a", "a**", #"\8"#])
    func `what RE2 does not have is refused`(_ pattern: String) {
        #expect(throws: PatternError.self) { try Pattern(pattern) }
    }

    @Test func `what others have and RE2 has not is explained`() {
        let lookAhead = #expect(throws: PatternError.self) { try Pattern("a(?=b)") }
        let reference = #expect(throws: PatternError.self) { try Pattern(#"(a)\1"#) }

        #expect(lookAhead?.hint?.contains("look-ahead") == true)
        #expect(reference?.hint?.contains("back references") == true)
    }

    @Test func `groups are found by number and by name`() throws {
        let pattern = try Pattern("(a+)(b)?(?P<last>c)")
        let text = Array("xaac".utf8)

        let found = pattern.firstMatch(in: text.span.bytes)
        let match = try #require(found)

        #expect(pattern.groupNames == [nil, nil, nil, "last"])
        #expect(match.range == 1..<4)
        #expect(match[1] == 1..<3)
        #expect(match[2] == nil)
        #expect(match[pattern.group(named: "last") ?? 0] == 3..<4)
        #expect(match[4] == nil)
    }

    @Test(arguments: [
        ("(?<name>a)", ["name"]), (#"[(?<x>]\(?<(?<y>b)"#, ["y"]), (#"\Q(?<x>\E(?<y>b)"#, ["y"]),
        ("[](?<x>](?<y>b)", ["y"]), ("[[:alpha:](?<x>](?<y>b)", ["y"]),
        ("(?P<a>x)(?<b>y)", ["a", "b"]),
    ])
    func `groups may be named without a P`(_ pattern: String, names: [String]) throws {
        #expect(try Pattern(pattern).groupNames.compactMap(\.self) == names)
    }

    @Test func `more than ten groups are found too`() throws {
        let pattern = try Pattern(String(repeating: "(.)", count: 30))
        let text = Array("abcdefghijklmnopqrstuvwxyz0123456789".utf8)

        let found = pattern.firstMatch(in: text.span.bytes)
        let match = try #require(found)

        #expect((1...30).map { match[$0] } == (0..<30).map { $0..<$0 + 1 })
        #expect(match.range == 0..<30)
    }

    @Test func `an offset does not make a beginning`() throws {
        let text = Array("aab".utf8)

        let atStart = try Pattern("^a").firstMatch(in: text.span.bytes, from: 1)
        let anywhere = try Pattern("a").firstMatch(in: text.span.bytes, from: 1)
        let behindEnd = try Pattern("a").firstMatch(in: text.span.bytes, from: 9)

        #expect(atStart == nil)
        #expect(anywhere?.range == 1..<2)
        #expect(behindEnd == nil)
    }

    @Test(arguments: [
        ("a*", "baaac", [0..<0, 1..<4, 5..<5]), ("", "äb", [0..<0, 2..<2, 3..<3]),
        ("a|b", "ab", [0..<1, 1..<2]), ("x", "ab", []), ("^", "ab", [0..<0]), ("$", "", [0..<0]),
    ])
    func `all matches are those that Go finds`(
        _ pattern: String, text: String, expected: [Range<Int>]
    ) throws {
        let pattern = try Pattern(pattern)
        let text = Array(text.utf8)
        var ranges: [Range<Int>] = []

        var matches = pattern.matches(in: text.span.bytes)
        while let match = matches.next() { ranges.append(match.range) }

        #expect(ranges == expected)
    }

    @Test func `thousands of words are one pattern`() throws {
        let words = (0..<20000).map { "endpoint-number-\($0)-with-a-long-name" }

        let pattern = try Pattern("^(\(words.joined(separator: "|")))$")

        #expect(pattern.matches(words[19999]))
        #expect(!pattern.matches("endpoint-number"))
    }

    @Test func `an automaton without bounds falls back to one with them`() throws {
        let pattern = try Pattern("a[ab]{1000}b$")
        var generator = SeededGenerator(seed: 1)
        let text = (0..<200_000).map { _ in Bool.random(using: &generator) ? 0x61 : 0x62 as UInt8 }

        let expected = text[text.count - 1002] == 0x61 && text[text.count - 1] == 0x62
        let isMatch = pattern.matches(text.span.bytes)
        #expect(isMatch == expected)
    }

    @Test func `any pattern and any text end in a match, none, or an error`() {
        let alphabet = Array(#"ab(|)*+?[]{},1^$\.Qd<>P:é-"#)
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<5000 {
            let source = String(
                (0..<Int.random(in: 0..<14, using: &generator)).map { _ in
                    alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
                })
            let text = (0..<Int.random(in: 0..<20, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            guard let pattern = try? Pattern(source) else { continue }
            var end = 0
            var matches = pattern.matches(in: text.span.bytes)
            while let match = matches.next() {
                #expect(match.range.lowerBound >= end && match.range.upperBound <= text.count)
                end = match.range.upperBound
            }
        }
    }
}

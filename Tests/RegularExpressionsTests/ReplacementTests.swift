import Primitives
import RegularExpressions
import Testing

struct ReplacementTests {
    // The expected texts are those of Go's ReplaceAllString.
    @Test(arguments: [
        ("a+", "baac", "<$0>", "b<aa>c"), ("(a)(b)?", "ac", "[$1|$2]", "[a|]c"),
        ("(?P<n>\\d+)", "a1b22", "${n}x", "a1xb22x"), ("(\\d)", "1", "$1x", ""),
        ("(\\d)", "1", "${1}x", "1x"), ("a", "a", "$$1", "$1"), ("a", "a", "$", "$"),
        ("a", "a", "${", "${"), ("a", "a", "${1", "${1"), ("a", "a", "$-", "$-"),
        ("a", "a", "${9}", ""), ("(a)", "a", "$01", ""), ("a*", "baac", "x", "xbxcx"),
        ("", "äb", "-", "-ä-b-"), ("(?<é>a)|a", "a", "$1", "a"),
        ("(?P<user>\\w+)@(?P<host>\\w+)", "me@home", "$host at $user", "home at me"),
    ])
    func `matches are replaced as Go does`(
        _ pattern: String, text: String, template: String, expected: String
    ) throws {
        guard let pattern = try? Pattern(pattern) else { return }
        let replacement = Replacement(template, for: pattern)
        let text = Array(text.utf8)
        var output = ByteBuffer()

        let isChanged = pattern.replaceAll(in: text.span.bytes, with: replacement, into: &output)

        #expect(isChanged)
        let result = output.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        #expect(result == expected)
    }

    @Test func `nothing is written where nothing matches`() throws {
        let pattern = try Pattern("x")
        var output = ByteBuffer()

        let isChanged = pattern.replaceAll(
            in: Array("abc".utf8).span.bytes, with: Replacement("y", for: pattern), into: &output)

        #expect(!isChanged)
        let count = output.count
        #expect(count == 0)
    }

    @Test func `a verbatim replacement keeps its dollar signs`() throws {
        var output = ByteBuffer()

        _ = try Pattern("b").replaceAll(
            in: Array("abc".utf8).span.bytes, with: Replacement(verbatim: "$0"), into: &output)

        let result = output.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        #expect(result == "a$0c")
    }
}

import RegularExpressions
import Testing

struct GlobTests {
    @Test(arguments: [
        ("*", "", true), ("*", "/a/b\nc", true), ("/user/*/list/*", "/user/1/2/list/x", true),
        ("a?c", "abc", true), ("a?c", "aéc", true), ("a?c", "ac", false), ("a.c", "abc", false),
        ("[ab]x", "bx", true), ("[a-c]x", "bx", true), ("[!a-c]x", "bx", false),
        ("[!a-c]x", "dx", true), ("[a-]x", "-x", true), ("{GET,PO*} /", "POST /", true),
        ("{GET,PO*} /", "PUT /", false), ("a,b}", "a,b}", true), (#"\*a"#, "*a", true),
        (#"\*a"#, "ba", false), ("a**b", "a/x/b", true), ("(a|b)+$", "(a|b)+$", true),
        ("a", "ab", false), ("", "", true), ("{a,{b,c}d}", "cd", true), ("*.go", "x.go", true),
        ("[^a]", "^", true), ("x*y*z", "xz", false),
    ])
    func `a glob matches the whole of a text`(_ glob: String, text: String, expected: Bool) throws {
        #expect(try Glob(glob).matches(text) == expected)
    }

    @Test(arguments: ["[a", "{a,b", "a\\", "[]", "[z-a]"])
    func `a glob that is not whole is refused`(_ glob: String) {
        #expect(throws: PatternError.self) { try Glob(glob) }
    }
}

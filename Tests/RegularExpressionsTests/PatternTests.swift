import RegularExpressions
import Testing

struct PatternTests {
    @Test func `a pattern matches anywhere in the text`() throws {
        let pattern = try Pattern("l{2}o")

        let text = Array("hello world".utf8)
        let matches = pattern.matches(text.span.bytes)

        #expect(matches)
    }

    @Test func `a pattern that does not compile says why`() {
        let error = #expect(throws: PatternError.self) { try Pattern("(a") }

        #expect(error?.reason == "missing ): (a")
    }
}

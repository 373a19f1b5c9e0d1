import Primitives
import Testing

@testable import HTTP

struct HeadersTests {
    @Test func `a field that is set replaces all of its name`() {
        var headers: Headers = ["A": "1", "B": "2", "a": "3"]

        headers.set("a", "4")

        #expect(headers == ["B": "2", "A": "4"])
    }

    @Test func `a value cannot end its line`() {
        var headers = Headers()
        headers.append("A", "b\r\nC: d\u{0}")

        var lines = ByteBuffer()
        headers.appendLines(to: &lines)

        #expect(lines.text == "A: b  C: d \r\n")
    }

    @Test func `a known name is recognised when it is added`() {
        let headers: Headers = ["retry-AFTER": "5", "Date": "now"]

        #expect(headers[.retryAfter] == "5")
        #expect(headers[.date] == "now")
        #expect(headers[.location] == nil)
    }
}

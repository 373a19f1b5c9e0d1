import Primitives
import Testing

@testable import HTTP

struct HTTPDateTests {
    @Test(
        "a date is written and read",
        arguments: [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (1_709_251_199, "Thu, 29 Feb 2024 23:59:59 GMT"),
            (1_709_251_200, "Fri, 01 Mar 2024 00:00:00 GMT"),
            (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
        ])
    func roundTrip(seconds: Int, text: String) {
        var buffer = ByteBuffer()
        HTTPDate.append(seconds, to: &buffer)

        #expect(buffer.text == text)
        #expect(HTTPDate.seconds(from: text) == seconds)
    }

    @Test(
        "what is no date is not read",
        arguments: [
            "", "0", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
            "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 Nov 1994 24:49:37 GMT",
            "Sun, 06 Nov 1994 08:60:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT",
            "Sun, 06 Abc 1994 08:49:37 GMT", "Sun, 06 Nov 199a 08:49:37 GMT",
            "Sun, 06 Nov -994 08:49:37 GMT", "Sun, 06 Nov 1994 8:49:037 GMT",
        ])
    func refusals(text: String) {
        #expect(HTTPDate.seconds(from: text) == nil)
    }

    @Test func `the line is written anew once a second`() {
        var line = DateLine()
        var first = ByteBuffer()
        line.append(to: &first, now: Instant(nanoseconds: 1_000_000_000))
        line.append(to: &first, now: Instant(nanoseconds: 1_999_999_999))

        #expect(first.count == 2 * "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n".utf8.count)
    }
}

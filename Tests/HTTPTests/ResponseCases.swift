/// Raw responses and what the parser says to them (RFC 9112 §4, §6.3).
enum ResponseCases {
    private static func ok(_ fields: String, _ body: String, _ expected: String) -> ParserCase {
        ParserCase("HTTP/1.1 200 OK\r\n\(fields)\r\n\(body)", expected)
    }

    private static func line(_ line: String, _ expected: String) -> ParserCase {
        ParserCase("\(line)\r\nContent-Length: 0\r\n\r\n", expected)
    }

    private static func chunked(_ body: String, _ expected: String) -> ParserCase {
        ok("Transfer-Encoding: chunked\r\n", body, expected)
    }

    static let all: [ParserCase] = [
        // The status line.
        line("HTTP/1.1 200 OK", "200"),
        line("HTTP/1.1 200 ", "200"),
        line("HTTP/1.1 200", "200"),
        line("HTTP/1.1 200 Very well, thank you", "200"),
        line("HTTP/1.1 200 \u{e9}\t!", "200"),
        line("HTTP/1.1 404 Not Found", "404"),
        line("HTTP/1.1 429 Too Many Requests", "429"),
        line("HTTP/1.1 599 ?", "599"),
        line("HTTP/1.0 200 OK", "200 close"),
        line("HTTP/1.2 200 OK", "unsupportedVersion"),
        line("HTTP/2.0 200 OK", "unsupportedVersion"),
        line("HTTP/2 200 OK", "malformedVersion"),
        line("HTTP/1.1200 OK", "malformedVersion"),
        line("HTTP/1.1  200 OK", "malformedStatusLine"),
        line("HTTP/1.1 20 OK", "malformedStatusLine"),
        line("HTTP/1.1 2000 OK", "malformedStatusLine"),
        line("HTTP/1.1 2x0 OK", "malformedStatusLine"),
        line("HTTP/1.1 -20 OK", "malformedStatusLine"),
        line("HTTP/1.1 600 OK", "malformedStatusLine"),
        line("HTTP/1.1 099 OK", "malformedStatusLine"),
        line("HTTP/1.1 000 OK", "malformedStatusLine"),
        line("HTTP/1.1", "malformedStatusLine"),
        line("HTTP/1.1 ", "malformedStatusLine"),
        line("HTTP/1.1 200\tOK", "malformedStatusLine"),
        line("HTTP/1.1 200 O\u{0}K", "malformedStatusLine"),
        line("HTTP/1.1 200 O\rK", "malformedStatusLine"),
        line("http/1.1 200 OK", "malformedStatusLine"),
        line(" HTTP/1.1 200 OK", "malformedStatusLine"),
        line("\r\nHTTP/1.1 200 OK", "malformedStatusLine"),
        ParserCase("\u{15}\u{3}\u{3}\u{0}\u{2}\u{2}", "malformedStatusLine"),
        ParserCase("<html>", "malformedStatusLine"),
        ParserCase("HTTQ", "malformedStatusLine"),
        ParserCase("HTTP/1.1 200 OK\nContent-Length: 0\n\n", "bareLineFeed"),
        ParserCase("", "…"),
        ParserCase("HTT", "…"),
        ParserCase("HTTP/1.1 200 OK\r\n", "…"),
        ParserCase("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n", "…"),
        // Fields.
        ok("a : b\r\n", "", "malformedHeaderName"),
        ok("a: b\r\n c\r\n", "", "foldedHeader"),
        ok("a: \u{1}\r\n", "", "malformedHeaderValue"),
        ok("Host: a b\r\nHost: c\r\nExpect: x\r\nContent-Length: 0\r\n", "", "200"),
        // Bodies with a length.
        ok("Content-Length: 5\r\n", "hello", "200 'hello'"),
        ok("Content-Length: 5, 5\r\n", "hello", "200 'hello'"),
        ok("Content-Length: 5\r\nConnection: close\r\n", "hello", "200 'hello' close"),
        ok("Content-Length: 5\r\n", "hell", "…"),
        ok("Content-Length: 5\r\n", "hello!", "200 'hello' and 1 more"),
        ok("Content-Length: 5\r\nContent-Length: 6\r\n", "hello", "differingContentLengths"),
        ok("Content-Length: x\r\n", "", "malformedContentLength"),
        ok("Content-Length: 21\r\n", "", "bodyTooLarge"),
        ok("Content-Length: 99999999999999999999\r\n", "", "bodyTooLarge"),
        // Chunked bodies.
        chunked("5\r\nhello\r\n0\r\n\r\n", "200 'hello'"),
        chunked("5;x\r\nhello\r\n0\r\nA: b\r\n\r\n", "200 'hello'"),
        chunked("5\r\nhello\r\n0\r\n", "…"),
        chunked("5\r\nhello", "…"),
        chunked("5 \r\nhello\r\n0\r\n\r\n", "malformedChunkSize"),
        chunked("5\r\nhello0\r\n\r\n", "malformedChunkEnd"),
        chunked("15\r\n", "bodyTooLarge"),
        chunked("10\r\n0123456789abcdef\r\n5\r\n", "bodyTooLarge"),
        ok("Transfer-Encoding: gzip, chunked\r\n", "", "unknownTransferCoding"),
        ok("Transfer-Encoding: identity\r\n", "", "malformedTransferEncoding"),
        ok(
            "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n",
            "contentLengthWithTransferEncoding"),
        ParserCase(
            "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "transferEncodingInVersion10"),
        // Bodies until the end.
        ok("", "hello", "200 'hello' close at the end"),
        ok("", "", "200 close at the end"),
        ok("Connection: keep-alive\r\n", "hello", "200 'hello' close at the end"),
        ok("", "012345678901234567890", "bodyTooLarge"),
        ParserCase("HTTP/1.0 200 OK\r\n\r\nhello", "200 'hello' close at the end"),
        ParserCase(
            "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\na", "200 'a'"),
        // Statuses without a body.
        ParserCase("HTTP/1.1 204 No Content\r\n\r\n", "204"),
        ParserCase("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", "204"),
        ParserCase("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", "304"),
        ParserCase("HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n", "204"),
        // Interim responses.
        ParserCase("HTTP/1.1 100 Continue\r\n\r\n", "…"),
        ParserCase(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na",
            "200 'a'"),
        ParserCase(
            "HTTP/1.1 103 Early Hints\r\nLink: x\r\nConnection: close\r\n\r\n"
                + "HTTP/1.1 204 No Content\r\n\r\n", "204"),
        ParserCase("HTTP/1.1 101 Switching Protocols\r\n\r\n", "unexpectedUpgrade"),
        ParserCase(
            String(repeating: "HTTP/1.1 102 Processing\r\n\r\n", count: 8)
                + "HTTP/1.1 204 No Content\r\n\r\n", "204"),
        ParserCase(
            String(repeating: "HTTP/1.1 102 Processing\r\n\r\n", count: 9),
            "tooManyInterimResponses"),
    ]
}

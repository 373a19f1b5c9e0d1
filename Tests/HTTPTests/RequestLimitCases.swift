@testable import HTTP

extension RequestCases {
    static var smallLimits: HTTPLimits {
        var limits = HTTPLimits()
        limits.requestLineSize = 32
        limits.headerLineSize = 26
        limits.headersSize = 64
        limits.headerCount = 4
        limits.emptyLineCount = 1
        limits.chunkLineSize = 12
        limits.chunkExtensionsSize = 16
        limits.trailersSize = 20
        return limits
    }

    private static func text(_ count: Int) -> String { String(repeating: "x", count: count) }

    private static func get(_ fields: String, _ expected: String) -> ParserCase {
        ParserCase("GET / HTTP/1.1\r\nHost: h\r\n\(fields)\r\n", expected)
    }

    private static func chunked(_ body: String, _ expected: String) -> ParserCase {
        ParserCase(
            "POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding:chunked\r\n\r\n\(body)",
            expected)
    }

    /// To be read with `smallLimits` and bodies of at most 10 bytes.
    static let limits: [ParserCase] = [
        // The request line: 13 bytes of which are not the path.
        ParserCase(
            "GET /\(text(18)) HTTP/1.1\r\nHost: h\r\n\r\n", "GET /\(text(18))"),
        ParserCase("GET /\(text(19)) HTTP/1.1\r\nHost: h\r\n\r\n", "414 startLineTooLong"),
        ParserCase("GET /\(text(29))", "414 startLineTooLong"),
        ParserCase("GET /\(text(27))", "…"),
        ParserCase(text(1000), "414 startLineTooLong"),
        // One field line.
        get("a: \(text(23))\r\n", "GET /"),
        get("a: \(text(24))\r\n", "431 headerLineTooLong"),
        get("\(text(25)):\r\n", "GET /"),
        get("\(text(26)):\r\n", "431 headerLineTooLong"),
        ParserCase("GET / HTTP/1.1\r\n\(text(1000))", "431 headerLineTooLong"),
        // All of them: Host takes 9 bytes, the last line 2.
        get("a: \(text(18))\r\nb: \(text(18))\r\nc:123\r\n", "GET /"),
        get("a: \(text(18))\r\nb: \(text(18))\r\nc:1234\r\n", "431 headersTooLarge"),
        // Their number.
        get("a:\r\nb:\r\nc:\r\n", "GET /"),
        get("a:\r\nb:\r\nc:\r\nd:\r\n", "431 tooManyHeaders"),
        // Empty lines.
        ParserCase("\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", "GET /"),
        ParserCase("\r\n\r\n", "400 tooManyEmptyLines"),
        // Bodies.
        ParserCase(
            "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n0123456789",
            "GET / '0123456789'"),
        get("Content-Length: 11\r\n", "413 bodyTooLarge"),
        chunked("a\r\n0123456789\r\n0\r\n\r\n", "POST /p '0123456789'"),
        chunked("b\r\n", "413 bodyTooLarge"),
        chunked("9\r\n012345678\r\n1\r\n9\r\n0\r\n\r\n", "POST /p '0123456789'"),
        chunked("9\r\n012345678\r\n2\r\n", "413 bodyTooLarge"),
        // Chunk lines and extensions.
        chunked("1;0123456789\r\nx\r\n0\r\n\r\n", "POST /p 'x'"),
        chunked("1;01234567890\r\nx\r\n0\r\n\r\n", "400 chunkLineTooLong"),
        chunked(text(20), "400 chunkLineTooLong"),
        chunked("1;2345678\r\nx\r\n1;2345678\r\ny\r\n0\r\n\r\n", "POST /p 'xy'"),
        chunked("1;2345678\r\nx\r\n1;23456789\r\n", "400 chunkExtensionsTooLarge"),
        // Trailers.
        chunked("0\r\na: 56789\r\nb: 56789\r\n\r\n", "POST /p"),
        chunked("0\r\na: 56789\r\nb: 567890\r\n\r\n", "431 trailersTooLarge"),
        chunked("0\r\n\(text(30))", "431 trailersTooLarge"),
    ]
}

import Primitives
import TestSupport
import Testing

@testable import HTTP

/// Every case of the tables, in one piece, byte by byte, and cut at random.
struct RequestParserTests {
    @Test("requests and refusals are as the table says", arguments: RequestCases.all)
    func table(_ example: ParserCase) {
        #expect(RequestTranscript.of(example.bytes) == example.expected)
    }

    @Test("bytes that come one by one change nothing", arguments: RequestCases.all)
    func singleBytes(_ example: ParserCase) {
        #expect(RequestTranscript.of(example.bytes, .single) == example.expected)
    }

    @Test("cutting the bytes anywhere changes nothing", arguments: RequestCases.all)
    func randomCuts(_ example: ParserCase) {
        for seed: UInt64 in 0..<20 {
            #expect(
                RequestTranscript.of(example.bytes, .random(seed: seed)) == example.expected,
                "seed \(seed)")
        }
    }

    @Test("limits are reached exactly", arguments: RequestCases.limits)
    func limits(_ example: ParserCase) {
        for delivery in [Delivery.whole, .single, .random(seed: 1), .random(seed: 2)] {
            let transcript = RequestTranscript.of(
                example.bytes, delivery, limits: RequestCases.smallLimits, bodyLimit: 10)
            #expect(transcript == example.expected, "\(delivery)")
        }
    }

    @Test func `there are at least 200 cases`() {
        #expect(RequestCases.all.count + RequestCases.limits.count >= 200)
    }

    @Test func `no case is there twice`() {
        let inputs = RequestCases.all.map(\.input)
        let repeated = Dictionary(grouping: inputs) { $0 }.filter { $0.value.count > 1 }.keys
        #expect(repeated.isEmpty)
    }

    @Test("a byte that is no token character spoils method and name", arguments: 0...255)
    func tokenCharacters(_ code: Int) throws {
        let byte = Character(try #require(Unicode.Scalar(code)))
        let isToken =
            (0x21...0x7e).contains(code) && !"\"(),/:;<=>?@[\\]{}".contains(byte)
        let name = ParserCase("GET / HTTP/1.1\r\nHost: h\r\na\(byte)b: c\r\n\r\n", "")
        let transcript = RequestTranscript.of(name.bytes)

        // A colon ends the name; everything else that is no token character spoils it.
        #expect((transcript == "GET /") == (isToken || byte == ":"))
    }

    @Test("a control character spoils a value", arguments: 0...255)
    func valueCharacters(_ code: Int) throws {
        let byte = Character(try #require(Unicode.Scalar(code)))
        for padding in ["", "12345678", "123456789abcdef"] {
            let value = "\(padding)\(byte)\(padding)x"
            let input = ParserCase("GET / HTTP/1.1\r\nHost: h\r\nn: \(value)\r\n\r\n", "")
            let isFine = code == 9 || code >= 32 && code != 127
            #expect((RequestTranscript.of(input.bytes) == "GET /") == isFine)
        }
    }

    @Test func `headers are found in any case and keep their order`() throws {
        let head = try head(
            "GET / HTTP/1.1\r\nHost: h\r\nX-One:  a b \t\r\nx-one: c\r\ncontent-TYPE: Text/Plain\r\n\r\n"
        )

        #expect(head.headers["X-ONE"] == "a b")
        #expect(head.headers.values(of: "x-One") == ["a b", "c"])
        #expect(head.headers[.contentType] == "Text/Plain")
        #expect(head.headers.value(of: .contentType, is: "text/plain"))
        #expect(!head.headers.value(of: .contentEncoding, is: "gzip"))
        #expect(head.headers["missing"] == nil)
        #expect(head.headers.all.map(\.name) == ["Host", "X-One", "x-one", "content-TYPE"])
    }

    @Test func `a failed parser stays failed`() {
        var parser = RequestParser()
        var inbox = ByteBuffer()
        inbox.append("\u{1}")
        #expect(throws: MessageError.malformedMethod) { _ = try parser.nextHead(from: &inbox) }

        inbox.removeAll()
        inbox.append("GET / HTTP/1.1\r\nHost: h\r\n\r\n")

        #expect(throws: MessageError.malformedMethod) { _ = try parser.nextHead(from: &inbox) }
    }

    @Test func `a body that is declared too large is refused before it arrives`() throws {
        var parser = RequestParser()
        var inbox = ByteBuffer()
        inbox.append("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n")
        let head = try parser.nextHead(from: &inbox)

        #expect(head?.declaredBodySize == 11)
        #expect(throws: MessageError.bodyTooLarge(limit: 10)) {
            try parser.beginBody(sizeLimit: 10)
        }
    }

    @Test func `a declared size is believed only a step ahead of what has come`() {
        #expect(BodyGrowth.room(expected: 100, received: 0) == 100)
        #expect(BodyGrowth.room(expected: .max, received: 0) == 65_536)
        #expect(BodyGrowth.room(expected: .max, received: 65_536) == 524_288)
        #expect(BodyGrowth.room(expected: .max, received: .max) == .max)
    }

    private func head(_ text: String) throws -> RequestHead {
        var parser = RequestParser()
        var inbox = ByteBuffer()
        inbox.append(text)
        return try #require(try parser.nextHead(from: &inbox))
    }
}

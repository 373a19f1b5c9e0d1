import Primitives
import TestSupport
import Testing

@testable import HTTP

struct ResponseParserTests {
    @Test("responses are read as the table says", arguments: ResponseCases.all)
    func table(_ example: ParserCase) {
        #expect(Self.transcript(example.bytes, .whole) == example.expected)
    }

    @Test("cutting the bytes anywhere changes nothing", arguments: ResponseCases.all)
    func cuts(_ example: ParserCase) {
        #expect(Self.transcript(example.bytes, .single) == Self.cutExpectation(example))
        for seed: UInt64 in 0..<20 {
            #expect(
                Self.transcript(example.bytes, .random(seed: seed), drains: true)
                    == Self.transcript(example.bytes, .whole, drains: true), "seed \(seed)")
        }
    }

    @Test func `there are at least 60 cases, none twice`() {
        #expect(ResponseCases.all.count >= 60)
        #expect(Set(ResponseCases.all.map(\.input)).count == ResponseCases.all.count)
    }

    @Test func `the response to HEAD has no body whatever its length says`() throws {
        var parser = ResponseParser(isForHead: true)
        var inbox = ByteBuffer()
        inbox.append("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")

        let head = try parser.nextHead(from: &inbox)
        try parser.beginBody(sizeLimit: 10)

        #expect(head?.framing == BodyFraming.none)
        #expect(head?.keepsAlive == true)
        #expect(parser.body?.isComplete == true)
    }

    /// What follows a response is not looked at if it comes later.
    private static func cutExpectation(_ example: ParserCase) -> String {
        example.expected.replacing(" and 1 more", with: "")
    }

    /// Reads one response as a client does. `drains` leaves out what came too much, which depends
    /// on the cuts.
    private static func transcript(
        _ bytes: [UInt8], _ delivery: Delivery, drains: Bool = false
    ) -> String {
        var parser = ResponseParser()
        var inbox = ByteBuffer()
        var body = ByteBuffer()
        var head: ResponseHead?
        do throws(MessageError) {
            for piece in delivery.pieces(of: bytes) {
                if let room = parser.body?.directRoom, inbox.isEmpty {
                    let direct = piece.prefix(room)
                    for byte in direct { body.append(byte) }
                    parser.bodyGrew(by: direct.count)
                    for byte in piece.dropFirst(room) { inbox.append(byte) }
                } else {
                    for byte in piece { inbox.append(byte) }
                }
                if head == nil {
                    head = try parser.nextHead(from: &inbox)
                    guard head != nil else { continue }
                    try parser.beginBody(sizeLimit: 20)
                }
                if let head, try parser.readBody(from: &inbox, into: &body) {
                    let more = inbox.isEmpty || drains ? "" : " and \(inbox.count) more"
                    return describe(head, body) + more
                }
            }
        } catch {
            return error.name
        }
        guard let head, parser.finishAtEnd() else { return "…" }
        return describe(head, body) + " at the end"
    }

    private static func describe(_ head: ResponseHead, _ body: borrowing ByteBuffer) -> String {
        "\(head.status.code)" + (body.isEmpty ? "" : " '\(body.text)'")
            + (head.keepsAlive ? "" : " close")
    }
}

import Primitives

/// What a server answers. Content-Length, Date and Connection are written by the server.
package struct Response: Sendable {
    /// The body: nothing, a constant, or bytes that are already somewhere.
    package enum Content: Sendable {
        case empty
        case fixed(StaticString)
        case chain(ByteChain)

        var count: Int {
            switch self {
            case .empty: 0
            case .fixed(let text): text.utf8CodeUnitCount
            case .chain(let chain): chain.count
            }
        }
    }

    package var status: Status
    package var headers: Headers
    package var content: Content
    /// Whether the server is to close the connection after this answer.
    package var closesConnection = false

    package init(_ status: Status, headers: Headers = Headers(), content: Content = .empty) {
        self.status = status
        self.headers = headers
        self.content = content
    }

    package init(_ status: Status, contentType: String, _ content: Content) {
        self.init(status, headers: ["Content-Type": contentType], content: content)
    }

    package init(_ status: Status, contentType: String, body: consuming ByteBuffer) {
        self.init(status, contentType: contentType, .chain(ByteChain(body)))
    }

    /// One line of plain text.
    package static func text(_ status: Status, _ text: String) -> Response {
        var body = ByteBuffer()
        body.append(text)
        body.append("\n")
        return Response(status, contentType: "text/plain; charset=utf-8", body: body)
    }
}

/// How a response is put on the wire.
struct ResponseWriter {
    /// Bodies up to this size are copied behind the head: one plain write is cheaper than a gather.
    static let copiedBodySize = 16 * 1024

    /// The request was HEAD: the head tells the body's size, and the body stays away.
    var omitsBody: Bool
    var version: Version
    var keepsAlive: Bool

    /// Appends the head, and the body if it is small. Returns what is to be sent after `outbox`.
    func append(
        _ response: Response, to outbox: inout ByteBuffer, date: inout DateLine, now: Instant
    ) -> ByteChain? {
        Self.appendStatusLine(response.status, to: &outbox)
        date.append(to: &outbox, now: now)
        response.headers.appendLines(to: &outbox)
        // RFC 9110 §8.6: never with 204, and with 304 it would describe another response.
        if !response.status.forbidsBody {
            outbox.append("Content-Length: ")
            outbox.append(decimal: response.content.count)
            outbox.append("\r\n")
        }
        if !keepsAlive {
            outbox.append("Connection: close\r\n")
        } else if version == .http10 {
            outbox.append("Connection: keep-alive\r\n")
        }
        outbox.append("\r\n")
        return omitsBody || response.status.forbidsBody
            ? nil : appendBody(response.content, to: &outbox)
    }

    private func appendBody(
        _ content: Response.Content, to outbox: inout ByteBuffer
    ) -> ByteChain? {
        switch content {
        case .empty: return nil
        case .fixed(let text): outbox.append(text)
        case .chain(let chain):
            guard chain.count <= Self.copiedBodySize else { return chain }
            outbox.append(chain)
        }
        return nil
    }

    private static func appendStatusLine(_ status: Status, to outbox: inout ByteBuffer) {
        if status == .ok {
            outbox.append("HTTP/1.1 200 OK\r\n")
            return
        }
        outbox.append("HTTP/1.1 ")
        outbox.append(decimal: status.code)
        outbox.append(" ")
        outbox.append(status.reason)
        outbox.append("\r\n")
    }
}

extension ByteBuffer {
    /// A number that is not negative, in digits.
    mutating func append(decimal number: Int) {
        if number >= 10 { append(decimal: number / 10) }
        append(UInt8(truncatingIfNeeded: 0x30 + number % 10))
    }

    mutating func append(_ chain: ByteChain) {
        reserve(chain.count)
        for link in chain.links {
            link.body.withUnsafeBytes { append(contentsOf: .init(rebasing: $0[link.range])) }
        }
    }
}

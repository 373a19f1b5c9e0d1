import Primitives

/// A response without its body: checked, immutable, safe to keep.
package struct ResponseHead: Sendable {
    package let status: Status
    package let version: Version
    package let headers: Headers
    package let framing: BodyFraming
    /// Whether the server will take another request on the connection.
    package let keepsAlive: Bool
}

/// Reads the response to one request, as strictly as a server reads requests: what a backend sends
/// is foreign too.
///
///     status-line = HTTP-version SP status-code SP [ reason-phrase ]       (RFC 9112 §4)
///
/// Interim responses are skipped. It never sees a socket; one parser per response.
package struct ResponseParser: Sendable {
    /// 102 and 103 may come several times (RFC 9110 §15.2), but not for ever.
    static let interimResponseLimit = 8

    private let limits: HTTPLimits
    private let isForHead: Bool
    private var scanner = HeadScanner()
    private var summary = HeadSummary(isOfRequest: false)
    private var line: StatusLine?
    private var interimCount = 0
    private var failure: MessageError?
    private var framing = BodyFraming.none
    /// How the body is read; `nil` before `beginBody`.
    private(set) package var body: BodyDecoder?

    private struct StatusLine {
        var version: Version
        var status: Status
    }

    /// `isForHead`: the request was HEAD, so no body follows whatever the head says.
    package init(limits: HTTPLimits = HTTPLimits(), isForHead: Bool = false) {
        self.limits = limits
        self.isForHead = isForHead
    }

    /// The head of the final response, or `nil` until more bytes have arrived.
    package mutating func nextHead(
        from inbox: inout ByteBuffer
    ) throws(MessageError) -> ResponseHead? {
        if let failure { throw failure }
        do throws(MessageError) {
            while true {
                guard try readLine(from: inbox),
                    try scanner.readFields(in: inbox.bytes, limits, into: &summary)
                else { return nil }
                if let head = try finishHead(from: &inbox) { return head }
            }
        } catch {
            failure = error
            throw error
        }
    }

    /// Begins to read the body of the head just returned. Refuses it if its declared size is beyond
    /// `sizeLimit`.
    package mutating func beginBody(sizeLimit: Int) throws(MessageError) {
        body = try BodyDecoder(framing, sizeLimit: sizeLimit, limits: limits)
    }

    /// Moves what has arrived of the body. Returns `true` when it is complete.
    package mutating func readBody(
        from inbox: inout ByteBuffer, into target: inout ByteBuffer
    ) throws(MessageError) -> Bool {
        if let failure { throw failure }
        do throws(MessageError) {
            return try body?.decode(from: &inbox, into: &target) ?? true
        } catch {
            failure = error
            throw error
        }
    }

    /// Says that `count` bytes were read straight into the body, at most its `directRoom`.
    package mutating func bodyGrew(by count: Int) {
        body?.bodyGrew(by: count)
    }

    /// The server has closed. Returns whether the response is complete with that.
    package mutating func finishAtEnd() -> Bool {
        failure == nil && body?.finishAtEnd() == true
    }

    private mutating func readLine(
        from inbox: borrowing ByteBuffer
    ) throws(MessageError) -> Bool {
        if line != nil { return true }
        let limit = limits.requestLineSize
        let bytes = inbox.bytes
        // Anything but HTTP is told at once, not when a line ends.
        if !bytes.matches(0..<min(5, bytes.byteCount), prefixOf: "HTTP/") {
            throw .malformedStatusLine
        }
        let range = try scanner.nextLine(
            in: bytes, sizeLimit: limit, orThrow: .startLineTooLong(limit: limit))
        guard let range else { return false }
        line = try Self.statusLine(bytes, range)
        return true
    }

    /// The blank before an empty reason is often forgotten, and its absence is harmless.
    private static func statusLine(
        _ bytes: RawSpan, _ line: Range<Int>
    ) throws(MessageError) -> StatusLine {
        let (versionRange, rest) = bytes.split(line, at: .space)
        let version = try Version(bytes, versionRange)
        guard let rest,
            rest.count == 3 || rest.count > 3 && bytes.byte(at: rest.lowerBound + 3) == .space
        else { throw .malformedStatusLine }
        var code = 0
        for offset in rest.prefix(3) {
            guard bytes.byte(at: offset).isDigit else { throw .malformedStatusLine }
            code = code * 10 + Int(bytes.byte(at: offset) &- 0x30)
        }
        guard let status = Status(code: code), bytes.isFieldValue(rest.dropFirst(3)) else {
            throw .malformedStatusLine
        }
        return StatusLine(version: version, status: status)
    }

    /// `nil` for an interim response, after which the next head is read.
    private mutating func finishHead(
        from inbox: inout ByteBuffer
    ) throws(MessageError) -> ResponseHead? {
        guard let line else { return nil }
        let headers = scanner.takeHeaders(from: &inbox)
        let summary = self.summary
        scanner = HeadScanner()
        self.summary = HeadSummary(isOfRequest: false)
        self.line = nil
        if line.status.isInterim {
            try skipInterim(line.status)
            return nil
        }
        framing = try bodyFraming(of: line, summary)
        let persists = line.version == .http11 || summary.keepsAlive
        return ResponseHead(
            status: line.status, version: line.version, headers: headers, framing: framing,
            keepsAlive: persists && !summary.closes && framing != .untilClose)
    }

    private mutating func skipInterim(_ status: Status) throws(MessageError) {
        guard status.code != 101 else { throw .unexpectedUpgrade }
        interimCount += 1
        guard interimCount <= Self.interimResponseLimit else {
            throw .tooManyInterimResponses(limit: Self.interimResponseLimit)
        }
    }

    /// RFC 9112 §6.3, in its order.
    private func bodyFraming(
        of line: StatusLine, _ summary: HeadSummary
    ) throws(MessageError) -> BodyFraming {
        if isForHead || line.status.forbidsBody { return .none }
        if summary.hasTransferEncoding && line.version == .http10 {
            throw .transferEncodingInVersion10
        }
        let framing = try summary.framing()
        return framing == .none ? .untilClose : framing
    }
}

extension RawSpan {
    /// Whether the bytes are the beginning of `text`.
    func matches(_ range: Range<Int>, prefixOf text: StaticString) -> Bool {
        guard range.count <= text.utf8CodeUnitCount else { return false }
        for (index, offset) in range.enumerated() where byte(at: offset) != text.utf8Start[index] {
            return false
        }
        return true
    }
}

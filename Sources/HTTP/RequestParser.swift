import Primitives

/// Cuts a stream of bytes into requests, strictly by RFC 9112.
///
///     ┌────────▶ head ──── nextHead ────▶ admitted? ──── beginBody ────▶ body ─┐
///     └──────────────────────────── readBody → true ───────────────────────────┘
///
/// It never sees a socket: tests feed it one byte at a time. What is ambiguous is refused, and
/// after an error the parser stays failed, because nobody knows where the next request begins.
package struct RequestParser: Sendable {
    private let limits: HTTPLimits
    private var scanner = HeadScanner()
    private var summary = HeadSummary(isOfRequest: true)
    private var line: RequestLine?
    private var emptyLineCount = 0
    private var failure: MessageError?
    private var pendingFraming = BodyFraming.none
    /// How the body of the current request is read; `nil` between requests.
    private(set) package var body: BodyDecoder?

    package init(limits: HTTPLimits = HTTPLimits()) {
        self.limits = limits
    }

    /// The next head, or `nil` until more bytes have arrived.
    package mutating func nextHead(
        from inbox: inout ByteBuffer
    ) throws(MessageError) -> RequestHead? {
        if let failure { throw failure }
        precondition(body == nil, "the body of the last request was not read to its end")
        do throws(MessageError) {
            guard try readLine(from: &inbox) else { return nil }
            guard try scanner.readFields(in: inbox.bytes, limits, into: &summary) else {
                return nil
            }
            return try finishHead(from: &inbox)
        } catch {
            failure = error
            throw error
        }
    }

    /// Begins to read the body of the head just returned. Refuses it if its declared size is beyond
    /// `sizeLimit`, before any of it is read.
    package mutating func beginBody(sizeLimit: Int) throws(MessageError) {
        do throws(MessageError) {
            body = try BodyDecoder(pendingFraming, sizeLimit: sizeLimit, limits: limits)
        } catch {
            failure = error
            throw error
        }
    }

    /// Moves what has arrived of the body. Returns `true` when it is complete, and is ready for the
    /// next head then.
    package mutating func readBody(
        from inbox: inout ByteBuffer, into target: inout ByteBuffer
    ) throws(MessageError) -> Bool {
        if let failure { throw failure }
        do throws(MessageError) {
            guard try body?.decode(from: &inbox, into: &target) != false else { return false }
        } catch {
            failure = error
            throw error
        }
        body = nil
        return true
    }

    /// Says that `count` bytes were read straight into the body, at most its `directRoom`.
    package mutating func bodyGrew(by count: Int) {
        body?.bodyGrew(by: count)
    }

    /// Whether bytes of a head have been looked at that is not complete yet.
    package func hasBegunHead(_ inbox: borrowing ByteBuffer) -> Bool {
        body == nil && (!inbox.isEmpty || emptyLineCount > 0)
    }

    private mutating func readLine(from inbox: inout ByteBuffer) throws(MessageError) -> Bool {
        while line == nil {
            let limit = limits.requestLineSize
            try Self.checkFirstByte(inbox.bytes)
            let range = try scanner.nextLine(
                in: inbox.bytes, sizeLimit: limit, orThrow: .startLineTooLong(limit: limit))
            guard let range else { return false }
            if range.isEmpty {
                try skipEmptyLine(from: &inbox)
            } else {
                line = try RequestLine(inbox.bytes, range)
            }
        }
        return true
    }

    /// Tells a client that speaks another protocol at once, instead of waiting for the end of a
    /// line that never comes: a TLS handshake may have no line feed.
    private static func checkFirstByte(_ bytes: RawSpan) throws(MessageError) {
        guard bytes.byteCount > 0 else { return }
        let first = bytes.byte(at: 0)
        if first == .lineFeed { throw .bareLineFeed }
        guard first.isTokenCharacter || first == .carriageReturn else { throw .malformedMethod }
    }

    private mutating func skipEmptyLine(from inbox: inout ByteBuffer) throws(MessageError) {
        emptyLineCount += 1
        guard emptyLineCount <= limits.emptyLineCount else {
            throw .tooManyEmptyLines(limit: limits.emptyLineCount)
        }
        inbox.removeFirst(2)
        scanner = HeadScanner()
    }

    private mutating func finishHead(
        from inbox: inout ByteBuffer
    ) throws(MessageError) -> RequestHead? {
        guard let line else { return nil }
        if line.version == .http10 {
            // RFC 9112 §6.1: to be treated as faulty framing.
            if summary.hasTransferEncoding { throw .transferEncodingInVersion10 }
        } else if summary.hostCount == 0 {
            throw .missingHost
        }
        let framing = try summary.framing()
        if summary.hasOtherExpectation { throw .unknownExpectation }
        let persists = line.version == .http11 || summary.keepsAlive
        let head = RequestHead(
            line: line, headers: scanner.takeHeaders(from: &inbox), framing: framing,
            keepsAlive: persists && !summary.closes,
            // RFC 9110 §10.1.1: a 1.0 client does not know what it asks for.
            expectsContinue: summary.expectsContinue && line.version == .http11
                && framing != .none)
        pendingFraming = framing
        resetForNextHead()
        return head
    }

    private mutating func resetForNextHead() {
        scanner = HeadScanner()
        summary = HeadSummary(isOfRequest: true)
        line = nil
        emptyLineCount = 0
    }
}

import Primitives

/// What is common to the heads of requests and responses: cutting lines, and reading fields.
///
///     field-line = field-name ":" OWS field-value OWS                 (RFC 9112 §5)
///
/// Nothing is consumed before the head is whole; offsets count from its first byte. A line is
/// looked at once when it is complete, and the search for its end goes on where it stopped, so
/// bytes that come one by one cost no more than bytes that come together.
///
/// Invariant: lineStart ≤ scanned ≤ bytes received so far.
struct HeadScanner: Sendable {
    private(set) var lineStart = 0
    private var scanned = 0
    private var fieldsStart: Int?
    private(set) var fields: [Headers.Field] = []

    /// The next line without its CR LF, or `nil` until more bytes have arrived. The limit is for
    /// the line without its end.
    mutating func nextLine(
        in bytes: RawSpan, sizeLimit: Int, orThrow tooLong: @autoclosure () -> MessageError
    ) throws(MessageError) -> Range<Int>? {
        guard let end = bytes.firstLineFeed(from: scanned) else {
            scanned = bytes.byteCount
            if scanned - lineStart > sizeLimit + 1 { throw tooLong() }
            return nil
        }
        guard end - lineStart <= sizeLimit + 1 else { throw tooLong() }
        guard end > lineStart, bytes.byte(at: end - 1) == .carriageReturn else {
            throw .bareLineFeed
        }
        let line = lineStart..<end - 1
        lineStart = end + 1
        scanned = lineStart
        return line
    }

    /// Reads the fields that are there. Returns `true` when the head is whole.
    mutating func readFields(
        in bytes: RawSpan, _ limits: HTTPLimits, into summary: inout HeadSummary
    ) throws(MessageError) -> Bool {
        let start = fieldsStart ?? lineStart
        fieldsStart = start
        while true {
            let line = try nextLine(
                in: bytes, sizeLimit: limits.headerLineSize,
                orThrow: .headerLineTooLong(limit: limits.headerLineSize))
            let size = (line == nil ? bytes.byteCount : lineStart) - start
            if size > limits.headersSize { throw .headersTooLarge(limit: limits.headersSize) }
            guard let line else { return false }
            if line.isEmpty { return true }
            guard fields.count < limits.headerCount else {
                throw .tooManyHeaders(limit: limits.headerCount)
            }
            let field = try bytes.field(line)
            if field.known != .other { try summary.note(field, in: bytes) }
            if fields.isEmpty { fields.reserveCapacity(16) }
            fields.append(field)
        }
    }

    /// The whole head, taken out of the inbox.
    mutating func takeHeaders(from inbox: inout ByteBuffer) -> Headers {
        let size = lineStart
        let bytes = inbox.withUnsafeBytes { [UInt8]($0.prefix(size)) }
        inbox.removeFirst(size)
        return Headers(bytes: bytes, fields: fields)
    }
}

extension RawSpan {
    /// One field line, already without its CR LF.
    func field(_ line: Range<Int>) throws(MessageError) -> Headers.Field {
        guard let first = line.first, !byte(at: first).isBlank else { throw .foldedHeader }
        var colon = line.lowerBound
        while colon < line.upperBound, byte(at: colon).isTokenCharacter { colon += 1 }
        guard colon > line.lowerBound, colon < line.upperBound, byte(at: colon) == .colon else {
            throw .malformedHeaderName
        }
        let name = line.lowerBound..<colon
        let value = trimmingBlanks(colon + 1..<line.upperBound)
        guard isFieldValue(value) else { throw .malformedHeaderValue }
        return Headers.Field(
            known: KnownHeader(spelledBy: self, name), name: name, value: value)
    }
}

/// What the fields say about framing and connection, gathered while they are read.
struct HeadSummary: Sendable {
    /// Host means something in requests only.
    let isOfRequest: Bool
    private(set) var contentLength: Int?
    private(set) var hasTransferEncoding = false
    private var isChunked = false
    private(set) var hostCount = 0
    private(set) var closes = false
    private(set) var keepsAlive = false
    private(set) var expectsContinue = false
    private(set) var hasOtherExpectation = false

    init(isOfRequest: Bool) {
        self.isOfRequest = isOfRequest
    }

    mutating func note(_ field: Headers.Field, in bytes: RawSpan) throws(MessageError) {
        let value = field.value
        switch field.known {
        case .host where isOfRequest:
            hostCount += 1
            guard hostCount == 1 else { throw .repeatedHost }
            guard bytes.isHost(value) else { throw .malformedHost }
        case .connection: noteConnection(bytes, value)
        case .contentLength: try noteContentLength(bytes, value)
        case .transferEncoding: try noteTransferEncoding(bytes, value)
        case .expect:
            let isContinue = bytes.matches(value, ignoringCase: "100-continue")
            expectsContinue = expectsContinue || isContinue
            hasOtherExpectation = hasOtherExpectation || !isContinue
        default: break
        }
    }

    /// Almost always it is one word and that word.
    private mutating func noteConnection(_ bytes: RawSpan, _ value: Range<Int>) {
        if bytes.matches(value, ignoringCase: "keep-alive") {
            keepsAlive = true
            return
        }
        closes = closes || bytes.list(value, contains: "close")
        keepsAlive = keepsAlive || bytes.list(value, contains: "keep-alive")
    }

    /// RFC 9112 §6.3: both lengths at once is how requests are smuggled, so it is refused.
    func framing() throws(MessageError) -> BodyFraming {
        if hasTransferEncoding {
            guard contentLength == nil else { throw .contentLengthWithTransferEncoding }
            return .chunked
        }
        guard let contentLength else { return .none }
        return .length(contentLength)
    }

    /// A list is accepted only if all members are the same number (RFC 9110 §8.6).
    private mutating func noteContentLength(
        _ bytes: RawSpan, _ value: Range<Int>
    ) throws(MessageError) {
        var rest: Range<Int>? = value
        while let current = rest {
            let (member, tail) = bytes.split(current, at: UInt8(ascii: ","))
            let size = try bytes.decimal(bytes.trimmingBlanks(member))
            guard contentLength == nil || contentLength == size else {
                throw .differingContentLengths
            }
            contentLength = size
            rest = tail
        }
    }

    private mutating func noteTransferEncoding(
        _ bytes: RawSpan, _ value: Range<Int>
    ) throws(MessageError) {
        hasTransferEncoding = true
        // A second field continues the list: whatever follows 'chunked' is wrong.
        guard !isChunked else { throw .malformedTransferEncoding }
        if bytes.matches(value, ignoringCase: "chunked") {
            isChunked = true
            return
        }
        let lastComma = value.last { bytes.byte(at: $0) == UInt8(ascii: ",") }
        let last = (lastComma.map { $0 + 1 } ?? value.lowerBound)..<value.upperBound
        let earlier = value.lowerBound..<(lastComma ?? value.lowerBound)
        let isFinal = bytes.matches(bytes.trimmingBlanks(last), ignoringCase: "chunked")
        guard isFinal, !bytes.list(earlier, contains: "chunked") else {
            throw .malformedTransferEncoding
        }
        throw .unknownTransferCoding
    }
}

extension RawSpan {
    /// `1*DIGIT`. A number beyond 18 digits is no less a number, but nobody has that many bytes.
    func decimal(_ range: Range<Int>) throws(MessageError) -> Int {
        guard !range.isEmpty else { throw .malformedContentLength }
        var value = 0
        for offset in range {
            let byte = byte(at: offset)
            guard byte.isDigit else { throw .malformedContentLength }
            let (shifted, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflow2) = shifted.addingReportingOverflow(Int(byte &- 0x30))
            value = overflow || overflow2 ? .max : sum
            if overflow || overflow2 { return try clampedDecimal(offset + 1..<range.upperBound) }
        }
        return value
    }

    /// The rest of a number that is too large: still only digits.
    private func clampedDecimal(_ range: Range<Int>) throws(MessageError) -> Int {
        for offset in range where !byte(at: offset).isDigit { throw .malformedContentLength }
        return .max
    }
}

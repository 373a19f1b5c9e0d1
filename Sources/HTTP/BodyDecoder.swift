import Primitives

/// Finds the end of a message's body and takes the chunk framing off.
///
///     .length(n)    n bytes
///     .chunked      *( size [ext] CRLF data CRLF ) "0" [ext] CRLF trailers CRLF   (RFC 9112 §7.1)
///     .untilClose   until the peer has ended
///
/// It never sees a socket. Most bytes of a large body need not pass the inbox: while `directRoom`
/// says so, whoever reads may append straight to the body and then call `bodyGrew`.
///
/// Invariant: what was appended to the body is at most `sizeLimit`.
package struct BodyDecoder: Sendable {
    private enum State: Sendable {
        case data(remaining: Int)
        case chunkSize
        case chunkData(remaining: Int)
        case chunkEnd
        case trailers
        case untilClose
        case complete
    }

    /// Below this, a system call for a chunk alone costs more than copying it from the inbox.
    private static let smallestDirectRead = 16 * 1024

    private let limits: HTTPLimits
    private let sizeLimit: Int
    private var state: State
    private var size = 0
    private var extensionsSize = 0
    private var trailersSize = 0

    /// Refuses a body that is declared to be too large before any of it has arrived.
    init(_ framing: BodyFraming, sizeLimit: Int, limits: HTTPLimits) throws(MessageError) {
        self.limits = limits
        self.sizeLimit = sizeLimit
        switch framing {
        case .none: state = .complete
        case .length(let length):
            guard length <= sizeLimit else { throw .bodyTooLarge(limit: sizeLimit) }
            state = length == 0 ? .complete : .data(remaining: length)
        case .chunked: state = .chunkSize
        case .untilClose: state = .untilClose
        }
    }

    package var isComplete: Bool {
        if case .complete = state { true } else { false }
    }

    /// Moves what has arrived to `body`. Returns `true` when the body is complete; what then is
    /// left in the inbox belongs to the next message.
    package mutating func decode(
        from inbox: inout ByteBuffer, into body: inout ByteBuffer
    ) throws(MessageError) -> Bool {
        while true {
            switch state {
            case .complete: return true
            case .data(let remaining):
                let left = remaining - move(upTo: remaining, from: &inbox, to: &body)
                state = left == 0 ? .complete : .data(remaining: left)
                if left > 0 { return false }
            case .chunkData(let remaining):
                let left = remaining - move(upTo: remaining, from: &inbox, to: &body)
                state = left == 0 ? .chunkEnd : .chunkData(remaining: left)
                if left > 0 { return false }
            case .chunkSize: guard try readChunkSize(from: &inbox) else { return false }
            case .chunkEnd: guard try readChunkEnd(from: &inbox) else { return false }
            case .trailers: guard try readTrailer(from: &inbox) else { return false }
            case .untilClose:
                guard inbox.count <= sizeLimit - size else { throw .bodyTooLarge(limit: sizeLimit) }
                _ = move(upTo: inbox.count, from: &inbox, to: &body)
                return false
            }
        }
    }

    /// The peer will send no more. Returns whether that is how this body ends.
    package mutating func finishAtEnd() -> Bool {
        if case .untilClose = state { state = .complete }
        return isComplete
    }

    /// How many bytes may be read straight into the body now, the inbox being empty; `nil` if the
    /// next bytes need decoding.
    package var directRoom: Int? {
        switch state {
        case .data(let remaining): remaining
        case .chunkData(let remaining) where remaining >= Self.smallestDirectRead: remaining
        case .untilClose where sizeLimit > size: sizeLimit - size
        default: nil
        }
    }

    /// Says that `count` bytes, at most `directRoom`, were appended to the body.
    package mutating func bodyGrew(by count: Int) {
        size += count
        switch state {
        case .data(let remaining):
            state = count == remaining ? .complete : .data(remaining: remaining - count)
        case .chunkData(let remaining):
            state = count == remaining ? .chunkEnd : .chunkData(remaining: remaining - count)
        case .untilClose: break
        default: preconditionFailure("bytes were read directly where they need decoding")
        }
    }

    /// Makes room in the body, which is full, before more of it is read.
    func reserve(in body: inout ByteBuffer) {
        switch state {
        case .data(let remaining):
            let room = BodyGrowth.room(expected: remaining, received: size)
            body.reserve(max(1, room), wanted: remaining)
        case .chunkData(let remaining):
            body.reserve(max(1, BodyGrowth.room(expected: remaining, received: size)))
        default: body.reserve(1)
        }
    }

    private mutating func move(
        upTo limit: Int, from inbox: inout ByteBuffer, to body: inout ByteBuffer
    ) -> Int {
        let count = min(limit, inbox.count)
        guard count > 0 else { return 0 }
        inbox.withUnsafeBytes { body.append(contentsOf: .init(rebasing: $0.prefix(count))) }
        inbox.removeFirst(count)
        size += count
        return count
    }

    // MARK: Chunks

    private mutating func readChunkSize(from inbox: inout ByteBuffer) throws(MessageError) -> Bool {
        let lineLimit = limits.chunkLineSize
        guard
            let line = try Self.line(
                in: inbox, sizeLimit: lineLimit, orThrow: .chunkLineTooLong(limit: lineLimit))
        else { return false }
        let (chunkSize, digits) = try Self.chunkSize(inbox.bytes, line)
        extensionsSize += line.count - digits
        guard extensionsSize <= limits.chunkExtensionsSize else {
            throw .chunkExtensionsTooLarge(limit: limits.chunkExtensionsSize)
        }
        guard chunkSize <= sizeLimit - size else { throw .bodyTooLarge(limit: sizeLimit) }
        inbox.removeFirst(line.upperBound + 2)
        state = chunkSize == 0 ? .trailers : .chunkData(remaining: chunkSize)
        return true
    }

    private mutating func readChunkEnd(from inbox: inout ByteBuffer) throws(MessageError) -> Bool {
        let isThere = try Self.hasLineEnd(inbox.bytes)
        guard isThere else { return false }
        inbox.removeFirst(2)
        state = .chunkSize
        return true
    }

    private static func hasLineEnd(_ bytes: RawSpan) throws(MessageError) -> Bool {
        if bytes.byteCount >= 1, bytes.byte(at: 0) != .carriageReturn { throw .malformedChunkEnd }
        guard bytes.byteCount >= 2 else { return false }
        guard bytes.byte(at: 1) == .lineFeed else { throw .malformedChunkEnd }
        return true
    }

    /// Trailers are checked like headers and dropped: nothing here has a use for them, and merged
    /// into the headers they could change what was already decided (RFC 9110 §6.5.1).
    private mutating func readTrailer(from inbox: inout ByteBuffer) throws(MessageError) -> Bool {
        let tooLarge = MessageError.trailersTooLarge(limit: limits.trailersSize)
        guard
            let line = try Self.line(
                in: inbox, sizeLimit: limits.trailersSize - trailersSize, orThrow: tooLarge)
        else { return false }
        if line.isEmpty {
            state = .complete
        } else {
            _ = try inbox.bytes.field(line)
            trailersSize += line.count + 2
            guard trailersSize <= limits.trailersSize else { throw tooLarge }
        }
        inbox.removeFirst(line.upperBound + 2)
        return true
    }

    /// The first line of the inbox, or `nil` if it is not whole yet. These lines are short, so that
    /// looking again from the start is cheap.
    private static func line(
        in inbox: borrowing ByteBuffer, sizeLimit: Int, orThrow tooLong: MessageError
    ) throws(MessageError) -> Range<Int>? {
        var scanner = HeadScanner()
        return try scanner.nextLine(in: inbox.bytes, sizeLimit: sizeLimit, orThrow: tooLong)
    }

    /// The number a size line begins with, and of how many digits it is made.
    private static func chunkSize(
        _ bytes: RawSpan, _ line: Range<Int>
    ) throws(MessageError) -> (size: Int, digits: Int) {
        var value = 0
        var offset = line.lowerBound
        while offset < line.upperBound, let digit = bytes.byte(at: offset).hexValue {
            // Refuses what would not fit; a body of that size is refused anyway.
            guard value <= Int.max >> 4 else { throw .malformedChunkSize }
            value = value << 4 | Int(digit)
            offset += 1
        }
        guard offset > line.lowerBound else { throw .malformedChunkSize }
        let digits = offset - line.lowerBound
        if offset == line.upperBound { return (value, digits) }
        // RFC 9112 §7.1.1 lets blanks precede the ';' of an extension, but nothing else.
        while offset < line.upperBound, bytes.byte(at: offset).isBlank { offset += 1 }
        guard offset < line.upperBound, bytes.byte(at: offset) == UInt8(ascii: ";"),
            bytes.isFieldValue(offset..<line.upperBound)
        else { throw .malformedChunkSize }
        return (value, digits)
    }
}

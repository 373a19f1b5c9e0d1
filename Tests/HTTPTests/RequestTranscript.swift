import Primitives
import TestSupport

@testable import HTTP

/// Bytes sent to a parser and what it should make of them.
struct ParserCase: CustomStringConvertible, Sendable {
    /// Each scalar up to U+00FF stands for one byte.
    let input: String
    /// One entry per message, then the error if there is one, or `…` if something is incomplete.
    let expected: String

    init(_ input: String, _ expected: String) {
        self.input = input
        self.expected = expected
    }

    var bytes: [UInt8] { input.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) } }

    var description: String {
        let shown = input.debugDescription
        return shown.count <= 90 ? shown : "\(shown.prefix(80))… (\(input.count) bytes)"
    }
}

/// The pieces in which bytes arrive.
enum Delivery {
    case whole
    case single
    case random(seed: UInt64)

    func pieces(of bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        switch self {
        case .whole: return [bytes[...]]
        case .single: return bytes.indices.map { bytes[$0...$0] }
        case .random(let seed):
            var generator = SeededGenerator(seed: seed)
            var rest = bytes[...]
            var pieces: [ArraySlice<UInt8>] = []
            while !rest.isEmpty {
                let size = Int.random(in: 1...max(1, rest.count), using: &generator)
                pieces.append(rest.prefix(size))
                rest = rest.dropFirst(size)
            }
            return pieces
        }
    }
}

/// Does what a connection does, and writes down what the parser said.
struct RequestTranscript: ~Copyable {
    private var parser: RequestParser
    private let bodyLimit: Int
    private var inbox = ByteBuffer()
    private var body = ByteBuffer()
    private var head: RequestHead?
    private var entries: [String] = []
    private var isOver = false

    init(limits: HTTPLimits, bodyLimit: Int) {
        parser = RequestParser(limits: limits)
        self.bodyLimit = bodyLimit
    }

    static func of(
        _ bytes: [UInt8], _ delivery: Delivery = .whole, limits: HTTPLimits = HTTPLimits(),
        bodyLimit: Int = 1_000_000
    ) -> String {
        var transcript = RequestTranscript(limits: limits, bodyLimit: bodyLimit)
        for piece in delivery.pieces(of: bytes) { transcript.receive(piece) }
        return transcript.text
    }

    var text: String {
        let isIncomplete = !isOver && (head != nil || parser.hasBegunHead(inbox))
        return (entries + (isIncomplete ? ["…"] : [])).joined(separator: " | ")
    }

    private mutating func receive(_ piece: ArraySlice<UInt8>) {
        guard !isOver else { return }
        var piece = piece
        // Bytes that belong to the body go straight there, as from a socket.
        if let room = parser.body?.directRoom, inbox.isEmpty {
            let direct = piece.prefix(room)
            for byte in direct { body.append(byte) }
            parser.bodyGrew(by: direct.count)
            piece = piece.dropFirst(direct.count)
        }
        for byte in piece { inbox.append(byte) }
        do throws(MessageError) {
            while try advance() {}
        } catch {
            entries.append("\(error.status.code) \(error.name)")
            isOver = true
        }
    }

    private mutating func advance() throws(MessageError) -> Bool {
        if let head {
            guard try parser.readBody(from: &inbox, into: &body) else { return false }
            entries.append(Self.describe(head, body))
            self.head = nil
            body.removeAll()
            return true
        }
        head = try parser.nextHead(from: &inbox)
        guard head != nil else { return false }
        try parser.beginBody(sizeLimit: bodyLimit)
        return true
    }

    private static func describe(_ head: RequestHead, _ body: borrowing ByteBuffer) -> String {
        var text = "\(head.method) \(head.path)"
        if let query = head.query { text += "?\(query)" }
        if !body.isEmpty { text += " '\(body.text)'" }
        if head.version == .http10 { text += " 1.0" }
        if !head.keepsAlive { text += " close" }
        if head.expectsContinue { text += " expect" }
        return text
    }
}

extension ByteBuffer {
    var text: String { withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }
}

import Compression
import Glibc
import OTLP
import Primitives

/// Why a recording could not be read, and where.
struct RecordingError: Error, CustomStringConvertible {
    /// `recorded.jsonl:12:34: what is wrong`
    let description: String
}

/// What the file exporter wrote, read back request by request.
///
/// | begins with | is read as |
/// | --- | --- |
/// | `{` | one OTLP/JSON object a line |
/// | a size in four bytes, big-endian | frames: protobuf, or zstd of JSON or protobuf |
///
/// Memory is bounded by the largest line or frame, and that by `sizeLimit`.
struct Recording: ~Copyable {
    /// Of a line or frame, as it stands in the file and decompressed.
    static let sizeLimit = 256 << 20
    private static let chunkSize = 1 << 20

    /// How one request is told from the next.
    private enum Framing { case lines, sizes }

    private let name: String
    /// What a line is called in messages.
    private var unit: String { framing == .sizes ? "frame" : "line" }
    private let descriptor: Int32
    /// The signal of protobuf messages, which do not say it.
    private let messageSignal: Signal?
    private let decompressor = Decompressor()
    private var buffer = ByteBuffer()
    private var isAtEnd = false
    private var framing: Framing?
    private var number = 0

    /// - Parameters:
    ///   - path: `-` is standard input.
    ///   - messageSignal: Of protobuf messages; `nil` if it cannot be known.
    init(_ path: String, messageSignal: Signal?) throws(RecordingError) {
        self.messageSignal = messageSignal
        if path == "-" {
            name = "standard input"
            descriptor = STDIN_FILENO
            return
        }
        name = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0 {
            throw RecordingError(description: "\(path): \(String(cString: strerror(errno)))")
        }
    }

    deinit {
        if descriptor > STDERR_FILENO { close(descriptor) }
    }

    /// The next request, or `nil` at the end. Requests of a signal may be empty.
    mutating func next() throws(RecordingError) -> Batch? {
        if framing == nil {
            try fill(to: 4)
            framing = try recognize()
        }
        switch framing {
        case .lines: return try nextLine()
        case .sizes: return try nextFrame()
        case nil: return nil
        }
    }

    // MARK: Framing

    private func recognize() throws(RecordingError) -> Framing? {
        let first = buffer.withUnsafeBytes { Array($0.prefix(4)) }
        if first.isEmpty { return nil }
        if first.starts(with: [0x1f, 0x8b]) {
            throw RecordingError(
                description: "\(name): is compressed with gzip; run gzip -dc and give it by "
                    + "--input -")
        }
        if first == Self.zstdMagic {
            throw RecordingError(
                description: "\(name): is compressed with zstd as a whole; run zstd -dc and give "
                    + "it by --input -")
        }
        // No frame is so large that its size begins with a character of JSON.
        return first[0] < 0x20 && !Self.isSpace(first[0]) ? .sizes : .lines
    }

    private static let zstdMagic: [UInt8] = [0x28, 0xb5, 0x2f, 0xfd]

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || (0x09...0x0d).contains(byte)
    }

    private mutating func nextLine() throws(RecordingError) -> Batch? {
        while let size = try lineSize() {
            number += 1
            let line = ByteBuffer(copying: buffer.bytes.extracting(0..<size))
            buffer.removeFirst(min(size + 1, buffer.count))
            if !Self.isBlank(line.bytes) { return try request(json: line.bytes) }
        }
        return nil
    }

    /// The bytes before the next newline or the end; `nil` if nothing is left.
    private mutating func lineSize() throws(RecordingError) -> Int? {
        var searched = 0
        while true {
            let found = buffer.withUnsafeBytes { bytes in
                bytes[searched...].firstIndex(of: UInt8(ascii: "\n"))
            }
            if let found { return found }
            if isAtEnd { return buffer.isEmpty ? nil : buffer.count }
            searched = buffer.count
            if searched > Self.sizeLimit {
                number += 1
                throw failure("the line is larger than \(Self.sizeLimit) bytes")
            }
            try fill(to: searched + 1)
        }
    }

    private mutating func nextFrame() throws(RecordingError) -> Batch? {
        try fill(to: 4)
        if buffer.isEmpty { return nil }
        number += 1
        guard buffer.count >= 4 else { throw failure("the file ends in the middle of a size") }
        let size = Int(
            buffer.withUnsafeBytes { UInt32(bigEndian: $0.loadUnaligned(as: UInt32.self)) })
        guard size <= Self.sizeLimit else {
            throw failure("a size of \(size) bytes, expected at most \(Self.sizeLimit)")
        }
        try fill(to: 4 + size)
        guard buffer.count >= 4 + size else {
            throw failure("the file ends in the middle of a frame of \(size) bytes")
        }
        var frame = ByteBuffer(copying: buffer.bytes.extracting(4..<4 + size))
        buffer.removeFirst(4 + size)
        let isCompressed = frame.withUnsafeBytes { $0.prefix(4).elementsEqual(Self.zstdMagic) }
        if isCompressed { frame = try decompressed(frame.bytes) }
        return try request(frame)
    }

    private func decompressed(_ frame: RawSpan) throws(RecordingError) -> ByteBuffer {
        do {
            return try decompressor.decompress(frame, .zstd, limit: Self.sizeLimit)
        } catch {
            throw failure("\(error)")
        }
    }

    /// Reads until the buffer has so many bytes or the file ends.
    private mutating func fill(to count: Int) throws(RecordingError) {
        while buffer.count < count, !isAtEnd {
            let descriptor = descriptor
            var got = -1
            repeat {
                _ = buffer.appendUninitialized(room: Self.chunkSize) { spare in
                    got = read(descriptor, spare.baseAddress, Self.chunkSize)
                    return max(got, 0)
                }
            } while got < 0 && errno == EINTR
            if got < 0 {
                throw RecordingError(description: "\(name): \(String(cString: strerror(errno)))")
            }
            isAtEnd = got == 0
        }
    }

    // MARK: Requests

    private func request(_ content: borrowing ByteBuffer) throws(RecordingError) -> Batch {
        let isJSON = content.withUnsafeBytes { $0.first == UInt8(ascii: "{") }
        if isJSON { return try request(json: content.bytes) }
        guard let messageSignal else {
            throw failure(
                "protobuf messages do not say which signal they are; choose pipelines of one "
                    + "signal with --pipeline")
        }
        do {
            return try Batch(validating: Body(copying: content.bytes), as: messageSignal)
        } catch {
            throw failure("\(error)")
        }
    }

    private func request(json text: RawSpan) throws(RecordingError) -> Batch {
        let key = Self.firstKey(of: text)
        guard let signal = Self.signals[key ?? "resourceSpans"] else {
            throw failure(
                "the key '\(key ?? "")', expected resourceSpans, resourceMetrics or resourceLogs: "
                    + "one OTLP/JSON object a line, as the file exporter writes them")
        }
        do {
            return try Batch(json: text, as: signal)
        } catch {
            guard case .malformedJSON(let error) = error else { throw failure("\(error)") }
            let path = error.path.isEmpty ? "" : "\(error.path): "
            let column = framing == .lines ? "\(error.column):" : " byte \(error.column):"
            throw RecordingError(
                description: "\(name):\(number):\(column) \(path)\(error.problem)")
        }
    }

    private static let signals: [String: Signal] = [
        "resourceSpans": .traces, "resourceMetrics": .metrics, "resourceLogs": .logs,
    ]

    /// Only of an object that begins with a key; anything else is for the JSON parser to refuse.
    private static func firstKey(of text: RawSpan) -> String? {
        text.withUnsafeBytes { bytes in
            var rest = bytes[...].drop(while: isSpace)
            guard rest.popFirst() == UInt8(ascii: "{") else { return nil }
            rest = rest.drop(while: isSpace)
            guard rest.popFirst() == UInt8(ascii: "\"") else { return nil }
            let key = rest.prefix(64).prefix { $0 != UInt8(ascii: "\"") }
            return String(decoding: key, as: UTF8.self)
        }
    }

    private static func isBlank(_ text: RawSpan) -> Bool {
        text.withUnsafeBytes { $0.allSatisfy(isSpace) }
    }

    private func failure(_ problem: String) -> RecordingError {
        RecordingError(
            description: framing == .sizes
                ? "\(name): frame \(number): \(problem)" : "\(name):\(number): \(problem)")
    }
}

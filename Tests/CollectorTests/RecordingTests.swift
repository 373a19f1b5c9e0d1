import Compression
import Foundation
import OTLP
import Primitives
import TestSupport
import Testing

@testable import Collector

struct RecordingTests {
    /// The records of each request in a file with that content.
    private static func read(_ content: [UInt8], messages: Signal? = nil) throws -> [[Int]] {
        let path = FileManager.default.temporaryDirectory
            .appending(path: "recording-\(UUID().uuidString)").path
        try Data(content).write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        var recording = try Recording(path, messageSignal: messages)
        var requests: [[Int]] = []
        while let batch = try recording.next() { requests.append(batch.itemNumbers) }
        return requests
    }

    private static func message(_ content: [UInt8], messages: Signal? = nil) -> String {
        do {
            _ = try read(content, messages: messages)
            return "no error"
        } catch {
            // The name of the file is another one in each run.
            let text = "\(error)"
            return String(text[(text.firstIndex(of: ":") ?? text.startIndex)...])
        }
    }

    private static func json(_ numbers: Range<Int>, _ signal: Signal) -> [UInt8] {
        var text = ByteBuffer()
        Batch.numbered(numbers, signal).appendJSON(to: &text)
        return text.withUnsafeBytes { Array($0) }
    }

    private static func proto(_ numbers: Range<Int>, _ signal: Signal) -> [UInt8] {
        Batch.numbered(numbers, signal).encoded().links.flatMap { link in
            link.body.withUnsafeBytes { Array($0[link.range]) }
        }
    }

    private static func framed(_ content: [UInt8]) -> [UInt8] {
        withUnsafeBytes(of: UInt32(content.count).bigEndian) { Array($0) } + content
    }

    private static func zstd(_ content: [UInt8]) -> [UInt8] {
        var frame = ByteBuffer()
        Compressor(.zstd).compress(content.span.bytes, into: &frame)
        return frame.withUnsafeBytes { Array($0) }
    }

    @Test func `lines of every signal are read, with and without an end`() throws {
        let lines = [
            Self.json(0..<3, .traces), Self.json(3..<4, .logs), Self.json(4..<9, .metrics),
        ]
        let text = Array(lines.joined(separator: [UInt8(ascii: "\n")]))

        #expect(try Self.read(text) == [[0, 1, 2], [3], [4, 5, 6, 7, 8]])
        #expect(try Self.read(text + Array("\r\n\n  \n".utf8)).count == 3)
        #expect(try Self.read([]) == [])
        #expect(try Self.read(Array("\n{}\n".utf8)) == [[]])
    }

    @Test func `frames are read, plain and compressed`() throws {
        let plain = Self.framed(Self.proto(0..<3, .logs)) + Self.framed(Self.proto(3..<5, .logs))
        let packed =
            Self.framed(Self.zstd(Self.json(0..<3, .logs)))
            + Self.framed(Self.zstd(Self.proto(3..<5, .logs)))

        #expect(try Self.read(plain, messages: .logs) == [[0, 1, 2], [3, 4]])
        #expect(try Self.read(packed, messages: .logs) == [[0, 1, 2], [3, 4]])
    }

    @Test func `a mistake has its line and column`() {
        let line = Self.json(0..<3, .traces) + [UInt8(ascii: "\n")]

        #expect(
            Self.message(line + line + Array(#"{"resourceSpans": 7}"#.utf8))
                == ":3:19: resourceSpans: '7', expected an array")
        #expect(Self.message(Array(#"{"spans": []}"#.utf8)).hasPrefix(":1: the key 'spans', expec"))
        #expect(Self.message(Array("resource\n".utf8)).hasPrefix(":1:1: 'r', expected an object"))
        #expect(Self.message(line + line.dropLast(9)).hasPrefix(":2:"))
    }

    @Test func `a frame that is cut off is named by its number`() {
        let frame = Self.framed(Self.proto(0..<3, .logs))

        for size in 1..<frame.count {
            let message = Self.message(frame + frame.prefix(size), messages: .logs)
            #expect(message.hasPrefix(": frame 2: the file ends in the middle of a"), "\(message)")
        }
        #expect(Self.message(frame).contains("choose pipelines of one signal with --pipeline"))
        #expect(
            Self.message([0x0f, 0xff, 0, 0, 1, 2], messages: .logs).contains("middle of a frame"))
        #expect(
            Self.message([0x11, 0xff, 0, 0, 1, 2], messages: .logs).contains("at most 268435456"))
    }

    @Test func `compressed files are refused with what to do`() {
        #expect(Self.message([0x1f, 0x8b, 8, 0]).contains("gzip -dc"))
        #expect(Self.message(Self.zstd([1, 2, 3])).contains("zstd -dc"))
    }

    @Test func `a file that is not there is named`() {
        #expect(throws: RecordingError.self) { _ = try Recording("/no/such", messageSignal: nil) }
    }

    @Test func `no bytes bring it down`() {
        var random = SeededGenerator(seed: 7)
        let whole =
            Self.framed(Self.zstd(Self.json(0..<3, .logs))) + Self.framed(Self.proto(0..<9, .logs))
        for _ in 0..<300 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(
                    in: 0...255, using: &random)
            }
            _ = Self.message(bytes, messages: .logs)
        }
    }
}

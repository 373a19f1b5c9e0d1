import Compression
import Primitives
import TestSupport
import Testing

struct DecompressorTests {
    static let wholeBodies: [(bytes: [UInt8], coding: ContentCoding)] = [
        (Fixtures.line, .identity),
        (Fixtures.gzip, .gzip),
        (Fixtures.gzipWithAllFields, .gzip),
        (Fixtures.zlib, .zlib),
        (Fixtures.zlib, .deflate),
        (Fixtures.zstd, .zstd),
        (Fixtures.zstdOfUnknownSize, .zstd),
        (Fixtures.skippableFrame + Fixtures.zstd, .zstd),
        (Fixtures.gzip + Fixtures.nothingAsGzip, .gzip),
        (Fixtures.nothingAsZstd + Fixtures.zstd, .zstd),
    ]

    @Test("what other programs compressed is read", arguments: wholeBodies)
    func reading(bytes: [UInt8], coding: ContentCoding) throws {
        #expect(try decompress(bytes, coding) == Fixtures.line)
    }

    static let emptyBodies: [(bytes: [UInt8], coding: ContentCoding)] = [
        ([], .identity),
        (Fixtures.nothingAsGzip, .gzip),
        (Fixtures.nothingAsGzip + Fixtures.nothingAsGzip, .gzip),
        (Fixtures.nothingAsZlib, .zlib),
        (Fixtures.nothingAsZstd, .zstd),
        (Fixtures.skippableFrame, .zstd),
    ]

    @Test("compressed nothing is nothing, also with a limit of nothing", arguments: emptyBodies)
    func emptiness(bytes: [UInt8], coding: ContentCoding) throws {
        #expect(try decompress(bytes, coding, limit: 0) == [])
    }

    @Test(
        "an empty body is not compressed data",
        arguments: [ContentCoding.gzip, .deflate, .zlib, .zstd])
    func missing(coding: ContentCoding) {
        #expect(throws: CompressionError.truncated(coding)) { _ = try decompress([], coding) }
    }

    @Test func `a hundred gzip members are one body`() throws {
        let members = Array(repeating: Fixtures.gzip, count: 100).flatMap { $0 }

        let output = try decompress(members, .gzip)

        #expect(output == Array(repeating: Fixtures.line, count: 100).flatMap { $0 })
    }

    @Test func `a small last member does not mislead about a large first one`() throws {
        let large = [UInt8](repeating: 7, count: 300_000)
        let first = try compress(large, .gzip)

        let output = try decompress(first + Fixtures.gzip, .gzip)

        #expect(output == large + Fixtures.line)
    }

    @Test("bytes after the end are refused", arguments: wholeBodies.dropFirst())
    func trailingBytes(bytes: [UInt8], coding: ContentCoding) {
        #expect(throws: CompressionError.self) { _ = try decompress(bytes + [0], coding) }
        #expect(throws: CompressionError.self) { _ = try decompress(bytes + Fixtures.line, coding) }
    }

    @Test(
        "a body cut short is refused at every byte",
        arguments: [
            (Fixtures.gzip, ContentCoding.gzip), (Fixtures.gzipWithAllFields, .gzip),
            (Fixtures.zlib, .zlib), (Fixtures.zstd, .zstd), (Fixtures.zstdOfUnknownSize, .zstd),
        ])
    func truncation(bytes: [UInt8], coding: ContentCoding) {
        for size in 0..<bytes.count {
            #expect(throws: CompressionError.self, "cut to \(size) bytes") {
                _ = try decompress(Array(bytes.prefix(size)), coding)
            }
        }
    }

    // One bit of a compressed body is turned over. Header fields nobody needs may differ; the
    // contents may not, because all these carry a checksum: whole or refused, never wrong.
    @Test(
        "a damaged body is whole or refused, never wrong",
        arguments: [
            (Fixtures.gzip, ContentCoding.gzip), (Fixtures.gzipWithAllFields, .gzip),
            (Fixtures.zlib, .zlib), (Fixtures.zstd, .zstd),
        ])
    func damage(bytes: [UInt8], coding: ContentCoding) {
        for bit in 0..<bytes.count * 8 {
            var damaged = bytes
            damaged[bit / 8] ^= 1 << (bit % 8)
            if let output = try? decompress(damaged, coding, limit: 1_000_000) {
                #expect(output == Fixtures.line, "bit \(bit)")
            }
        }
    }

    @Test("noise never traps and never exceeds the limit", arguments: UInt64(0)..<32)
    func noise(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let starts = [Fixtures.gzip, Fixtures.zlib, Fixtures.zstd]
        for coding in [ContentCoding.gzip, .zlib, .zstd] {
            for start in starts {
                var bytes = Array(start.prefix(Int.random(in: 0...start.count, using: &random)))
                for _ in 0..<Int.random(in: 0...64, using: &random) {
                    bytes.append(UInt8.random(in: .min ... .max, using: &random))
                }
                if let output = try? decompress(bytes, coding, limit: 5_000) {
                    #expect(output.count <= 5_000)
                }
            }
        }
    }

    @Test("raw deflate is refused, as otelcol does", arguments: [ContentCoding.deflate, .zlib])
    func rawDeflate(coding: ContentCoding) {
        #expect(
            throws: CompressionError.corrupt(
                coding, reason: "the data is damaged or ends early")
        ) { _ = try decompress(Fixtures.rawDeflate, coding) }
    }

    @Test(
        "a bomb is refused at the limit",
        arguments: [ContentCoding.identity, .gzip, .zlib, .zstd])
    func bomb(coding: ContentCoding) throws {
        let zeros = [UInt8](repeating: 0, count: 10_000_000)
        let bomb = try compress(zeros, coding)

        #expect(throws: CompressionError.outputTooLarge(limit: 1_000_000)) {
            _ = try decompress(bomb, coding, limit: 1_000_000)
        }
        #expect(throws: CompressionError.outputTooLarge(limit: 9_999_999)) {
            _ = try decompress(bomb, coding, limit: 9_999_999)
        }
        #expect(try decompress(bomb, coding, limit: 10_000_000) == zeros)
    }

    @Test("a bomb in many parts is refused at the limit", arguments: [ContentCoding.gzip, .zstd])
    func bombInParts(coding: ContentCoding) throws {
        let part = try compress([UInt8](repeating: 0, count: 1_000), coding)
        let bomb = Array(repeating: part, count: 1_000).flatMap { $0 }

        #expect(throws: CompressionError.outputTooLarge(limit: 999_999)) {
            _ = try decompress(bomb, coding, limit: 999_999)
        }
        #expect(try decompress(bomb, coding, limit: 1_000_000).count == 1_000_000)
    }

    @Test func `a gzip trailer that claims 4 GB takes no memory for it`() {
        var lying = Fixtures.gzip
        lying.replaceSubrange(lying.count - 4..<lying.count, with: [0xff, 0xff, 0xff, 0xff])

        #expect(
            throws: CompressionError.corrupt(.gzip, reason: "the data is damaged or ends early")
        ) { _ = try decompress(lying, .gzip, limit: .max) }
    }

    @Test func `one decompressor serves bodies and failures of all kinds in turn`() {
        let decompressor = Decompressor()
        for _ in 0..<3 {
            for (bytes, coding) in Self.wholeBodies {
                let cut = Array(bytes.dropLast(5))
                _ = try? array(decompressor.decompress(cut.span.bytes, coding, limit: 1_000))
                #expect(throws: CompressionError.outputTooLarge(limit: 10)) {
                    _ = try array(decompressor.decompress(bytes.span.bytes, coding, limit: 10))
                }
                let whole = try? array(
                    decompressor.decompress(bytes.span.bytes, coding, limit: 1_000))
                #expect(whole == Fixtures.line)
            }
        }
    }
}

func decompress(
    _ bytes: [UInt8], _ coding: ContentCoding, limit: Int = 20 << 20
) throws(CompressionError) -> [UInt8] {
    array(try Decompressor().decompress(bytes.span.bytes, coding, limit: limit))
}

func compress(
    _ bytes: [UInt8], _ coding: ContentCoding, level: Int? = nil
) throws(CompressionError) -> [UInt8] {
    array(try Compressor(coding, level: level).compress(bytes.span.bytes))
}

func array(_ buffer: consuming ByteBuffer) -> [UInt8] {
    buffer.withUnsafeBytes { Array($0) }
}

import Compression
import Primitives
import TestSupport
import Testing

struct CompressorTests {
    static let levels: [(coding: ContentCoding, level: Int?)] = [
        (.identity, nil), (.gzip, nil), (.gzip, -2), (.gzip, -1), (.gzip, 0), (.gzip, 1),
        (.gzip, 9),
        (.deflate, nil), (.deflate, 9), (.zlib, 6), (.zstd, nil), (.zstd, -7), (.zstd, 3),
        (.zstd, 19),
    ]

    @Test("what is compressed can be read back, whatever its size and kind", arguments: levels)
    func roundTrip(coding: ContentCoding, level: Int?) throws {
        var random = SeededGenerator(seed: 7)
        let compressor = try Compressor(coding, level: level)
        let decompressor = Decompressor()
        for size in [0, 1, 2, 63, 1_000, 65_537, 300_000] {
            for input in [Self.records(size), Self.noise(size, &random)] {
                let compressed = compressor.compress(input.span.bytes)
                #expect(compressed.count <= compressor.compressBound(size))
                let output = try decompressor.decompress(compressed.bytes, coding, limit: size)
                #expect(array(output) == input, "\(size) bytes")
            }
        }
    }

    @Test("telemetry becomes much smaller", arguments: [ContentCoding.gzip, .zlib, .zstd])
    func effect(coding: ContentCoding) throws {
        let compressed = try compress(Self.records(100_000), coding)

        #expect(compressed.count < 20_000)
    }

    @Test func `members are appended to what a buffer holds`() throws {
        let compressor = Compressor(.gzip)
        let line = Fixtures.line
        var buffer = ByteBuffer()
        compressor.compress(line.span.bytes, into: &buffer)
        compressor.compress(line.span.bytes, into: &buffer)

        #expect(try decompress(array(buffer), .gzip) == Fixtures.line + Fixtures.line)
    }

    static let badLevels: [(coding: ContentCoding, level: Int, message: String)] = [
        (
            .gzip, 10,
            """
            gzip has no compression level 10; use 1 (fastest) to 9 (smallest), or 0 or -1 for the \
            default
            """
        ),
        (
            .zlib, -3,
            """
            zlib has no compression level -3; use 1 (fastest) to 9 (smallest), or 0 or -1 for the \
            default
            """
        ),
        (
            .zstd, 23,
            """
            zstd has no compression level 23; use 1 (fastest) to 22 (smallest), or 0 for the default
            """
        ),
        (
            .identity, 1,
            "identity has no compression level 1; without compression, leave it out"
        ),
    ]

    @Test("a level the coding does not have is refused", arguments: badLevels)
    func levelRange(coding: ContentCoding, level: Int, message: String) {
        let error = #expect(throws: CompressionError.invalidLevel(coding, level: level)) {
            try Compressor(coding, level: level)
        }
        #expect(error?.description == message)
    }

    /// Lines that differ a little, like telemetry.
    private static func records(_ size: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        var number = 0
        while bytes.count < size {
            bytes += Array("{\"name\":\"GET /cart/\(number &* 7_919)\",\"kind\":2}\n".utf8)
            number += 1
        }
        return Array(bytes.prefix(size))
    }

    private static func noise(_ size: Int, _ random: inout SeededGenerator) -> [UInt8] {
        (0..<size).map { _ in UInt8.random(in: .min ... .max, using: &random) }
    }
}

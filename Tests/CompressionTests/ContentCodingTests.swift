import Compression
import Testing

struct ContentCodingTests {
    static let headers: [(value: String, coding: ContentCoding?)] = [
        ("gzip", .gzip), ("GZIP", .gzip), ("x-gzip", .gzip), ("  gzip\t", .gzip),
        ("deflate", .deflate), ("zlib", .zlib), ("zstd", .zstd),
        ("identity", .identity), ("", .identity), (" ", .identity),
        ("br", nil), ("gzip, zstd", nil), ("gzip,gzip", nil), ("gzip;q=1", nil), ("gz ip", nil),
    ]

    @Test("a header names a coding", arguments: headers)
    func header(value: String, coding: ContentCoding?) {
        #expect(ContentCoding(headerValue: value) == coding)
    }
}

/// The levels a configuration may name for a coding, which are otelcol's, and what they become here.
///
/// Where otelcol's library and ours count differently, the nearest meaning is taken.
package struct CompressionLevels: Sendable, CustomStringConvertible {
    /// For what is only forwarded, time matters more than the last bytes: libdeflate's level 1
    /// takes a quarter of level 6's time, and its output is less than a tenth larger.
    static let defaultDeflateLevel = 1
    /// zstd's level 1 takes two thirds of level 3's time for output about as large.
    static let defaultZstdLevel = 1
    /// zstd has levels down to -131072 and up to 22; from 20 on they need more than 100 MB each.
    static let zstdLimit = 22

    private let coding: ContentCoding

    package init(_ coding: ContentCoding) {
        self.coding = coding
    }

    /// 0 is "the default" everywhere, as in otelcol, and never "store".
    package func contains(_ level: Int) -> Bool {
        switch coding {
        case .identity: level == 0
        case .gzip, .deflate, .zlib: (-2...9).contains(level)
        case .zstd: (-7...Self.zstdLimit).contains(level)
        }
    }

    package var description: String {
        switch coding {
        case .identity: "without compression, leave it out"
        case .gzip, .deflate, .zlib: "use 1 (fastest) to 9 (smallest), or 0 or -1 for the default"
        case .zstd: "use 1 (fastest) to \(Self.zstdLimit) (smallest), or 0 for the default"
        }
    }

    /// The library's own number for a level; -2 is zlib's Huffman-only mode, whose nearest
    /// kin is the fastest level.
    func libraryLevel(_ level: Int?) -> Int32 {
        switch (coding, level ?? 0) {
        case (.zstd, 0): Int32(Self.defaultZstdLevel)
        case (_, 0), (_, -1), (_, -2): Int32(Self.defaultDeflateLevel)
        case (_, let level): Int32(clamping: level)
        }
    }
}

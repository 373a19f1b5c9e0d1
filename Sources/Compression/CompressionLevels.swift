/// The levels a configuration may name for a coding, which are otelcol's, and what they become
/// here.
///
/// Where otelcol's library and ours count differently, the nearest meaning is taken.
package struct CompressionLevels: Sendable, CustomStringConvertible {
    /// For what is only forwarded, time matters more than the last bytes. Measured on requests of
    /// 100 spans: level 1 takes less than half of level 6's time (2.6 instead of 5.6 ns a byte) and
    /// its output is larger by 5 % (protobuf) to 24 % (JSON).
    static let defaultDeflateLevel = 1
    /// Level 3, zstd's own default, takes 7 to 10 % more time and twice the memory for output that
    /// is 0 to 2 % smaller.
    static let defaultZstdLevel = 1
    /// What may be written: zstd's own range, without most of its negative levels.
    private static let zstdRange = -7...22
    /// From 20 on, each compressor needs more than 100 MB.
    private static let zstdMemoryLimit = 19

    private let coding: ContentCoding

    package init(_ coding: ContentCoding) {
        self.coding = coding
    }

    /// 0 is "the default" everywhere, as in otelcol, and never "store".
    package func contains(_ level: Int) -> Bool {
        switch coding {
        case .identity: level == 0
        case .gzip, .deflate, .zlib: (-2...9).contains(level)
        case .zstd: Self.zstdRange.contains(level)
        }
    }

    package var description: String {
        switch coding {
        case .identity: "without compression, leave it out"
        case .gzip, .deflate, .zlib: "use 1 (fastest) to 9 (smallest), or 0 or -1 for the default"
        case .zstd:
            "use 1 (fastest) to \(Self.zstdRange.upperBound) (smallest), or 0 for the default"
        }
    }

    /// The library's own number for a level; -2 is zlib's Huffman-only mode, whose nearest
    /// kin is the fastest level.
    func libraryLevel(_ level: Int?) -> Int32 {
        switch (coding, level ?? 0) {
        case (.zstd, 0): Int32(Self.defaultZstdLevel)
        case (.zstd, let level): Int32(clamping: min(level, Self.zstdMemoryLimit))
        case (_, ...0): Int32(Self.defaultDeflateLevel)
        case (_, let level): Int32(clamping: level)
        }
    }
}

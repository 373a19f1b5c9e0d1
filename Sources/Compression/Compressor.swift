import CDeflate
import CZstd
import Primitives

/// Compresses whole bodies with one coding and level.
///
/// Not thread-safe: each exporter thread has its own. The libraries' memory is taken once
/// (200 kB for gzip, 600 kB for zstd at level 1) and kept.
package final class Compressor {
    package let coding: ContentCoding
    /// Exactly one of these is there, according to `coding`; none for identity.
    private var deflate: OpaquePointer?
    private var zstd: OpaquePointer?
    /// Where `compress(_:)` works, so that its result can be cut to size.
    private var workspace = ByteBuffer()
    /// A workspace above this is given back after use: large batches come in bursts.
    private static let workspaceLimit = 1 << 20

    /// With the coding's default level (see `CompressionLevels`).
    package init(_ coding: ContentCoding) {
        self.coding = coding
        start(level: CompressionLevels(coding).libraryLevel(nil))
    }

    /// - Parameter level: `nil` and 0 mean the default.
    package init(_ coding: ContentCoding, level: Int?) throws(CompressionError) {
        let levels = CompressionLevels(coding)
        if let level, !levels.contains(level) { throw .invalidLevel(coding, level: level) }
        self.coding = coding
        start(level: levels.libraryLevel(level))
    }

    private func start(level: Int32) {
        switch coding {
        case .identity: return
        case .gzip, .deflate, .zlib: deflate = libdeflate_alloc_compressor(level)
        case .zstd: zstd = Self.makeZstd(level: level)
        }
        guard deflate != nil || zstd != nil else {
            fatalError("out of memory: no room for a \(coding.rawValue) compressor")
        }
    }

    deinit {
        libdeflate_free_compressor(deflate)
        ZSTD_freeCCtx(zstd)
    }

    /// The largest size that `size` bytes can become.
    package func compressBound(_ size: Int) -> Int {
        switch coding {
        case .identity: size
        case .gzip: libdeflate_gzip_compress_bound(deflate, size)
        case .deflate, .zlib: libdeflate_zlib_compress_bound(deflate, size)
        case .zstd: ZSTD_compressBound(size)
        }
    }

    /// The compressed form of `input`, in a buffer of about its size.
    package func compress(_ input: RawSpan) -> ByteBuffer {
        workspace.removeAll(keepingCapacityUpTo: Self.workspaceLimit)
        compress(input, into: &workspace)
        var output = ByteBuffer(capacity: workspace.count)
        workspace.withUnsafeBytes { output.append(contentsOf: $0) }
        return output
    }

    /// Appends the compressed form of `input`: one gzip member, zlib stream or zstd frame.
    package func compress(_ input: RawSpan, into output: inout ByteBuffer) {
        if coding == .identity { return output.append(input) }
        input.withUnsafeBytes { input in
            _ = output.appendUninitialized(room: compressBound(input.count)) { spare in
                compress(input, into: spare)
            }
        }
    }

    private func compress(
        _ input: UnsafeRawBufferPointer, into spare: UnsafeMutableRawBufferPointer
    ) -> Int {
        let size: Int
        switch coding {
        case .identity:
            size = 0
        case .gzip:
            size = libdeflate_gzip_compress(
                deflate, input.baseAddress, input.count, spare.baseAddress, spare.count)
        case .deflate, .zlib:
            size = libdeflate_zlib_compress(
                deflate, input.baseAddress, input.count, spare.baseAddress, spare.count)
        case .zstd:
            size = ZSTD_compress2(
                zstd, spare.baseAddress, spare.count, input.baseAddress, input.count)
            // Memory is what can still fail: zstd takes more for a larger input.
            precondition(ZSTD_isError(size) == 0, "zstd compression failed")
        }
        precondition(size > 0, "compressBound was too small")
        return size
    }

    /// Frames carry a checksum, as otelcol's do: for a file it is the only one there is.
    private static func makeZstd(level: Int32) -> OpaquePointer? {
        guard let context = ZSTD_createCCtx() else { return nil }
        ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level)
        ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
        return context
    }
}

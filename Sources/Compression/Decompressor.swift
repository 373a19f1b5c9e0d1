import CDeflate
import CZstd
import Primitives

/// Decompresses whole bodies into at most as many bytes as the caller allows.
///
/// Not thread-safe: each event loop has its own. The libraries' memory is taken at the first use
/// and kept (12 kB for deflate, 96 kB for zstd).
///
/// Sizes that the input claims (gzip's ISIZE, zstd's content size) only decide how much memory to
/// try first. A try that runs out of room is repeated with four times as much, so memory stays
/// below four times what was really decompressed, and all failed tries together cost a third of
/// the last one. That beats streaming: libdeflate is two to three times as fast as zlib.
package final class Decompressor {
    /// Below this, growing costs more than the memory is worth.
    private static let smallestRoom = 512
    /// Deflate makes at most 258 bytes of 2 bits, zstd at most 128 KiB of a 4-byte block.
    private static let deflateRatioLimit = 1_032
    private static let zstdRatioLimit = 32_768
    /// What to expect of a body that does not say: telemetry shrinks to a sixth or less.
    private static let expectedRatio = 6

    private var deflate: OpaquePointer?
    private var zstd: OpaquePointer?

    package init() {}

    deinit {
        libdeflate_free_decompressor(deflate)
        ZSTD_freeDCtx(zstd)
    }

    /// The original form of `input`, whole and checked, or an error; never more than `limit` bytes.
    ///
    /// Several gzip members or zstd frames in a row are one body (RFC 1952 §2.2, RFC 8878 §3).
    /// Bytes after the last one are refused.
    package func decompress(
        _ input: RawSpan, _ coding: ContentCoding, limit: Int
    ) throws(CompressionError) -> ByteBuffer {
        // `withUnsafeBytes` cannot return what cannot be copied.
        var output = ByteBuffer()
        switch coding {
        case .identity:
            guard input.byteCount <= limit else { throw .outputTooLarge(limit: limit) }
            output.append(input)
        case .gzip:
            try input.withUnsafeBytes { bytes throws(CompressionError) in
                try inflateMembers(bytes, limit: limit, into: &output)
            }
        case .deflate, .zlib:
            try input.withUnsafeBytes { bytes throws(CompressionError) in
                try inflateZlib(bytes, coding, limit: limit, into: &output)
            }
        case .zstd:
            try input.withUnsafeBytes { bytes throws(CompressionError) in
                try unpackFrames(bytes, limit: limit, into: &output)
            }
        }
        return output
    }

    /// A gzip member is at least a header of 10 bytes, 2 of data, and a trailer of 8 (RFC 1952).
    private static let smallestMember = 20

    private func inflateMembers(
        _ input: UnsafeRawBufferPointer, limit: Int, into output: inout ByteBuffer
    ) throws(CompressionError) {
        guard input.count >= Self.smallestMember else { throw .truncated(.gzip) }
        var room = Self.sizeClaimed(byGzip: input)
        var rest = input
        repeat {
            let consumed = try grow(&output, from: room, limit: limit) {
                spare throws(CompressionError) in
                try self.inflate(rest, .gzip, into: spare, libdeflate_gzip_decompress_ex)
            }
            rest = UnsafeRawBufferPointer(rebasing: rest[consumed...])
            // Whatever room is left over serves the next member.
            room = 0
        } while rest.count > 0
    }

    private func inflateZlib(
        _ input: UnsafeRawBufferPointer, _ coding: ContentCoding, limit: Int,
        into output: inout ByteBuffer
    ) throws(CompressionError) {
        // Two bytes of header, two of data, four of checksum (RFC 1950).
        guard input.count >= 8 else { throw .truncated(coding) }
        let expected = input.count.multipliedClamping(by: Self.expectedRatio)
        let consumed = try grow(&output, from: expected, limit: limit) {
            spare throws(CompressionError) in
            try self.inflate(input, coding, into: spare, libdeflate_zlib_decompress_ex)
        }
        guard consumed == input.count else {
            throw .corrupt(coding, reason: "\(input.count - consumed) bytes follow its end")
        }
    }

    /// ISIZE: the size of the last member modulo 2³², in the last four bytes, if it can be true.
    private static func sizeClaimed(byGzip input: UnsafeRawBufferPointer) -> Int {
        let trailer = input.loadUnaligned(fromByteOffset: input.count - 4, as: UInt32.self)
        let claimed = Int(UInt32(littleEndian: trailer))
        return min(claimed, input.count.multipliedClamping(by: deflateRatioLimit))
    }

    private typealias InflateFunction = (
        OpaquePointer?, UnsafeRawPointer?, Int, UnsafeMutableRawPointer?, Int,
        UnsafeMutablePointer<Int>?, UnsafeMutablePointer<Int>?
    ) -> libdeflate_result

    /// One try. Both libdeflate calls check the checksum and the size in the trailer.
    private func inflate(
        _ input: UnsafeRawBufferPointer, _ coding: ContentCoding,
        into spare: UnsafeMutableRawBufferPointer, _ call: InflateFunction
    ) throws(CompressionError) -> Progress {
        var consumed = 0
        var produced = 0
        let result = call(
            deflateContext, input.baseAddress, input.count, spare.baseAddress, spare.count,
            &consumed, &produced)
        switch result {
        case LIBDEFLATE_SUCCESS: return .done(consumed: consumed, produced: produced)
        case LIBDEFLATE_INSUFFICIENT_SPACE: return .outOfRoom
        default: throw .corrupt(coding, reason: "the data is damaged or ends early")
        }
    }

    private var deflateContext: OpaquePointer {
        if let deflate { return deflate }
        guard let made = libdeflate_alloc_decompressor() else { fatalError("out of memory") }
        deflate = made
        return made
    }

    private func unpackFrames(
        _ input: UnsafeRawBufferPointer, limit: Int, into output: inout ByteBuffer
    ) throws(CompressionError) {
        // A frame is at least a magic number, a header and one block (RFC 8878 §3.1); without
        // this, no input at all would be a valid body.
        guard input.count >= 8 else { throw .truncated(.zstd) }
        _ = try grow(&output, from: Self.sizeClaimed(byZstd: input), limit: limit) {
            spare throws(CompressionError) in
            try self.unpack(input, into: spare)
        }
    }

    /// The first frame's content size, if it has one that can be true.
    private static func sizeClaimed(byZstd input: UnsafeRawBufferPointer) -> Int {
        let claimed = ZSTD_getFrameContentSize(input.baseAddress, input.count)
        // The two highest values are zstd's "unknown" and "error".
        guard claimed < UInt64.max - 1 else {
            return input.count.multipliedClamping(by: expectedRatio)
        }
        return min(Int(clamping: claimed), input.count.multipliedClamping(by: zstdRatioLimit))
    }

    /// One try over all frames. The one-shot call needs no window besides its output, so the
    /// window size in a frame's header cannot make it take memory.
    private func unpack(
        _ input: UnsafeRawBufferPointer, into spare: UnsafeMutableRawBufferPointer
    ) throws(CompressionError) -> Progress {
        let result = ZSTD_decompressDCtx(
            zstdContext, spare.baseAddress, spare.count, input.baseAddress, input.count)
        guard ZSTD_isError(result) != 0 else {
            return .done(consumed: input.count, produced: result)
        }
        switch ZSTD_getErrorCode(result) {
        case ZSTD_error_dstSize_tooSmall: return .outOfRoom
        case ZSTD_error_srcSize_wrong: throw .truncated(.zstd)
        case ZSTD_error_memory_allocation: fatalError("out of memory")
        default:
            throw .corrupt(.zstd, reason: String(cString: ZSTD_getErrorName(result)).lowercased())
        }
    }

    private var zstdContext: OpaquePointer {
        if let zstd { return zstd }
        guard let made = ZSTD_createDCtx() else { fatalError("out of memory") }
        zstd = made
        return made
    }

    /// What one try came to.
    private enum Progress {
        case done(consumed: Int, produced: Int)
        case outOfRoom
    }

    /// Tries with ever more room after what `output` holds, until it is enough or the limit is
    /// reached. Returns how many bytes of input were consumed.
    private func grow(
        _ output: inout ByteBuffer, from expected: Int, limit: Int,
        _ attempt: (UnsafeMutableRawBufferPointer) throws(CompressionError) -> Progress
    ) throws(CompressionError) -> Int {
        let ceiling = max(0, limit - output.count)
        var room = min(max(expected, Self.smallestRoom), ceiling)
        while true {
            // A new allocation, because growing the old one would copy what a try left there.
            if output.isEmpty, output.capacity < max(room, 1) {
                output = ByteBuffer(capacity: max(room, 1))
            }
            var progress = Progress.outOfRoom
            var tried = 0
            _ = try output.appendUninitialized(room: room) { spare throws(CompressionError) in
                let allowed = UnsafeMutableRawBufferPointer(rebasing: spare.prefix(ceiling))
                tried = allowed.count
                progress = try attempt(allowed)
                guard case .done(_, let produced) = progress else { return 0 }
                return produced
            }
            if case .done(let consumed, _) = progress { return consumed }
            guard tried < ceiling else { throw .outputTooLarge(limit: limit) }
            room = min(max(room, tried).multipliedClamping(by: 4), ceiling)
        }
    }
}

extension Int {
    /// The product, or `Int.max` where it does not fit. For sizes, which are not negative.
    fileprivate func multipliedClamping(by factor: Int) -> Int {
        let (product, overflow) = multipliedReportingOverflow(by: factor)
        return overflow ? .max : product
    }
}

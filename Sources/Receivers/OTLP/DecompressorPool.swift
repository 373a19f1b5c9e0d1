import Compression
import Primitives
import Synchronization

/// Decompressors lent to one request at a time, since each is large and not thread-safe.
///
/// Never more than requests that decompress at the same moment, so at most one a loop.
final class DecompressorPool: Sendable {
    /// Owned by the pool or by one borrower, never by both.
    private struct Lendable: @unchecked Sendable {
        let decompressor: Decompressor
    }

    private let idle = Mutex<[Lendable]>([])

    func decompress(
        _ input: RawSpan, _ coding: ContentCoding, limit: Int
    ) throws(CompressionError) -> ByteBuffer {
        let lent = idle.withLock { $0.popLast() } ?? Lendable(decompressor: Decompressor())
        defer { idle.withLock { $0.append(lent) } }
        return try lent.decompressor.decompress(input, coding, limit: limit)
    }
}

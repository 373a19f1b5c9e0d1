import Primitives

/// Collects pieces of bodies, and what is written between them, into a chain.
///
/// Neighbouring pieces become one; what then is still short is copied to a body of its own, because
/// a link costs more than copying a few hundred bytes: one reference, and one entry for `writev`.
struct Gatherer: ~Copyable {
    /// Runs from this size on are sent from where they are. Copying 4 KiB takes about as long as
    /// keeping a body alive and passing one more address to the kernel. (Benchmarks/Micro.)
    static let copyLimit = 4096

    /// What is copied is cut into bodies of this size. Allocations of 128 KiB and more are fresh
    /// pages from the kernel each time (mallopt(3), M_MMAP_THRESHOLD), whose first touch cost three
    /// times as much as everything else here.
    private static let chunkSize = 64 * 1024

    private struct Piece {
        /// The index of a part; for what was copied, that of a chunk counted down from −1.
        let source: Int
        let range: Range<Int>
    }

    private let parts: [BatchPart]
    private var pieces: [Piece] = []
    private var chunks: [Body] = []
    private var copied: ByteBuffer
    /// Bytes of `copied` that are in `pieces`.
    private var copiedCount = 0
    private var run = Piece(source: -1, range: 0..<0)

    init(_ parts: [BatchPart], expectedSize: Int) {
        self.parts = parts
        copied = ByteBuffer(capacity: min(expectedSize, Self.chunkSize))
    }

    /// Adds bytes of a part's body.
    @inline(__always)
    mutating func add(_ range: Range<Int>, of part: Int) {
        if run.source == part && run.range.upperBound == range.lowerBound {
            run = Piece(source: part, range: run.range.lowerBound..<range.upperBound)
        } else {
            endRun()
            run = Piece(source: part, range: range)
        }
    }

    /// Adds a field of a part's body with a tag and size in their shortest form, if it is present.
    mutating func add(_ tag: UInt32, _ content: Extent, of part: Int) {
        guard content.isPresent else { return }
        addHeader(tag, size: Int(content.size))
        add(content.range, of: part)
    }

    mutating func addHeader(_ tag: UInt32, size: Int) {
        endRun()
        copied.appendHeader(tag, size: size)
    }

    consuming func finish() -> ByteChain {
        endRun()
        endChunk(capacity: 0)
        var chain = ByteChain()
        chain.reserve(pieces.count)
        for piece in pieces {
            let isCopied = piece.source < 0
            chain.append(
                isCopied ? chunks[-1 - piece.source] : parts[piece.source].index.body, piece.range)
        }
        return chain
    }

    private mutating func endRun() {
        if run.source < 0 { return }
        if run.range.count < Self.copyLimit {
            let body = parts[run.source].index.body
            copied.append(body.bytes.extracting(run.range))
            if copied.count > Self.chunkSize - 2 * Self.copyLimit {
                endChunk(capacity: Self.chunkSize)
            }
        } else {
            endCopied()
            pieces.append(run)
        }
        run = Piece(source: -1, range: 0..<0)
    }

    private mutating func endCopied() {
        guard copied.count > copiedCount else { return }
        pieces.append(Piece(source: -1 - chunks.count, range: copiedCount..<copied.count))
        copiedCount = copied.count
    }

    private mutating func endChunk(capacity: Int) {
        endCopied()
        var chunk = ByteBuffer(capacity: capacity)
        swap(&chunk, &copied)
        chunks.append(chunk.freeze())
        copiedCount = 0
    }
}

import Primitives

/// Collects pieces of bodies, and what is written between them, into a chain.
///
/// Neighbouring pieces become one; what then is still short is copied to a body of its own, because
/// a link costs more than copying a few hundred bytes: one reference, and one entry for `writev`.
struct Gatherer: ~Copyable {
    /// Runs from this size on are sent from where they are. Copying 4 KiB takes about as long as
    /// keeping a body alive and passing one more address to the kernel. (Benchmarks/Micro.)
    static let copyLimit = 4096

    private struct Piece {
        /// −1 for what was copied or written.
        let part: Int
        let range: Range<Int>
    }

    private let parts: [BatchPart]
    private var pieces: [Piece] = []
    private var copied: ByteBuffer
    /// Bytes of `copied` that are in `pieces`.
    private var copiedCount = 0
    private var run = Piece(part: -1, range: 0..<0)

    init(_ parts: [BatchPart], expectedSize: Int) {
        self.parts = parts
        let isFragmented = expectedSize / max(parts.count, 1) < Self.copyLimit
        copied = ByteBuffer(capacity: isFragmented ? expectedSize : Self.copyLimit)
    }

    /// Adds bytes of a part's body.
    @inline(__always)
    mutating func add(_ range: Range<Int>, of part: Int) {
        if run.part == part && run.range.upperBound == range.lowerBound {
            run = Piece(part: part, range: run.range.lowerBound..<range.upperBound)
        } else {
            endRun()
            run = Piece(part: part, range: range)
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
        endCopied()
        let own = copied.freeze()
        var chain = ByteChain()
        chain.reserve(pieces.count)
        for piece in pieces {
            chain.append(piece.part < 0 ? own : parts[piece.part].index.body, piece.range)
        }
        return chain
    }

    private mutating func endRun() {
        if run.part < 0 { return }
        if run.range.count < Self.copyLimit {
            let body = parts[run.part].index.body
            copied.append(body.bytes.extracting(run.range))
        } else {
            endCopied()
            pieces.append(run)
        }
        run = Piece(part: -1, range: 0..<0)
    }

    private mutating func endCopied() {
        guard copied.count > copiedCount else { return }
        pieces.append(Piece(part: -1, range: copiedCount..<copied.count))
        copiedCount = copied.count
    }
}

import Glibc
import Primitives

/// How far a chain has been written.
///
/// Invariant: before the end, `offset` lies within link `index`.
struct ChainCursor {
    /// Pieces per system call. The kernel takes 1,024 (UIO_MAXIOV); beyond 64 the call's own cost
    /// is spread thin enough, and the array of pieces stays 1 KiB.
    static let vectorLimit = 64

    private let chain: ByteChain
    private var index = 0
    private var offset = 0

    init(_ chain: ByteChain) {
        self.chain = chain
    }

    var isAtEnd: Bool { index == chain.links.count }

    mutating func advance(by count: Int) {
        var left = count
        while left > 0 {
            let rest = chain.links[index].range.count - offset
            guard left >= rest else {
                offset += left
                return
            }
            left -= rest
            index += 1
            offset = 0
        }
    }

    /// Copies the next bytes, at most `limit`, to the end of `buffer`.
    mutating func move(upTo limit: Int, to buffer: inout ByteBuffer) {
        var room = limit
        while room > 0 && !isAtEnd {
            let link = chain.links[index]
            let piece = link.range.dropFirst(offset).prefix(room)
            link.body.withUnsafeBytes {
                buffer.append(contentsOf: .init(rebasing: $0[piece.startIndex..<piece.endIndex]))
            }
            room -= piece.count
            advance(by: piece.count)
        }
    }

    /// The next pieces to write, `prefix` before them, valid during the call.
    func withVectors<Result, Failure: Error>(
        after prefix: UnsafeRawBufferPointer,
        _ body: (UnsafeMutableBufferPointer<iovec>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var outcome: Swift.Result<Result, Failure>?
        withUnsafeTemporaryAllocation(of: iovec.self, capacity: Self.vectorLimit) { vectors in
            let filled = UnsafeMutableBufferPointer(
                rebasing: vectors[..<fill(vectors, after: prefix)])
            do throws(Failure) {
                outcome = .success(try body(filled))
            } catch {
                outcome = .failure(error)
            }
        }
        guard let outcome else { fatalError("the body of a temporary allocation always runs") }
        return try outcome.get()
    }

    private func fill(
        _ vectors: UnsafeMutableBufferPointer<iovec>, after prefix: UnsafeRawBufferPointer
    ) -> Int {
        var count = 0
        func add(_ bytes: UnsafeRawBufferPointer) {
            vectors[count] = iovec(
                iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress),
                iov_len: bytes.count)
            count += 1
        }
        if !prefix.isEmpty { add(prefix) }
        var skipped = offset
        for link in chain.links[index...].prefix(Self.vectorLimit - count) {
            // The chain keeps the body alive beyond this closure.
            link.body.withUnsafeBytes { add(.init(rebasing: $0[link.range].dropFirst(skipped))) }
            skipped = 0
        }
        return count
    }
}

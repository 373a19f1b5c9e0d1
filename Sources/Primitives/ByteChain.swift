/// Byte ranges that are sent one after the other, each kept alive by the body it points into.
///
/// What an encoder produces: headers it wrote itself, and the original bytes between them.
/// A link costs one retain, so whoever builds a chain copies small pieces into a body of its own.
package struct ByteChain: Sendable {
    /// One contiguous piece. Invariant: `range` lies within `body`.
    package struct Link: Sendable {
        package let body: Body
        package let range: Range<Int>
    }

    package private(set) var links: [Link] = []
    /// Total size in bytes.
    package private(set) var count = 0

    package init() {}

    package init(_ body: Body) {
        append(body)
    }

    package init(_ buffer: consuming ByteBuffer) {
        append(Body(buffer))
    }

    package mutating func append(_ body: Body) {
        append(body, 0..<body.count)
    }

    package mutating func append(_ body: Body, _ range: Range<Int>) {
        precondition(range.upperBound <= body.count, "the range leaves its body")
        if range.isEmpty { return }
        links.append(Link(body: body, range: range))
        count += range.count
    }

    package mutating func append(_ chain: ByteChain) {
        links.append(contentsOf: chain.links)
        count += chain.count
    }

    package mutating func reserve(_ linkCount: Int) {
        links.reserveCapacity(links.count + linkCount)
    }

    /// All bytes in one piece, for codecs that need that.
    package func joined() -> ByteBuffer {
        var buffer = ByteBuffer(capacity: count)
        for link in links {
            link.body.withUnsafeBytes { buffer.append(contentsOf: .init(rebasing: $0[link.range])) }
        }
        return buffer
    }
}

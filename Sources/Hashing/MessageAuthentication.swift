import Primitives

/// A hash that only who has the key can compute. (RFC 2104: HMAC)
package struct MessageAuthentication: Sendable {
    private let digest: Digest
    /// The key, padded to a block and combined with the two constants of the RFC.
    private let inner: [UInt8]
    private let outer: [UInt8]

    package init(_ algorithm: Digest.Algorithm, key: [UInt8]) throws(DigestError) {
        digest = try Digest(algorithm)
        let isLong = key.count > algorithm.blockSize
        var block = isLong ? digest.bytes(of: key.span.bytes) : key
        block.append(
            contentsOf: repeatElement(0, count: max(0, algorithm.blockSize - block.count)))
        inner = block.map { $0 ^ 0x36 }
        outer = block.map { $0 ^ 0x5C }
    }

    package func bytes(of text: RawSpan) -> [UInt8] {
        code(of: text).withUnsafeBytes(Array.init)
    }

    /// In lower-case hexadecimal digits.
    package func hexadecimal(of text: RawSpan) -> String {
        Hexadecimal.text(code(of: text).bytes)
    }

    /// Appends the code in lower-case hexadecimal digits.
    package func appendHexadecimal(of text: RawSpan, to output: inout ByteBuffer) {
        output.appendHexadecimal(code(of: text).bytes)
    }

    private func code(of text: RawSpan) -> DigestBytes {
        let first = DigestBytes(digest, inner.span.bytes, text)
        return DigestBytes(digest, outer.span.bytes, first.bytes)
    }
}

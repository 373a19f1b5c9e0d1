import Glibc

extension RawSpan {
    /// Whether both have the same bytes. Of the sizes that keys mostly have, this is a few loads.
    @inlinable @inline(__always)
    package func hasSameBytes(as other: RawSpan) -> Bool {
        let count = byteCount
        guard count == other.byteCount else { return false }
        guard count >= 8, count <= 32 else { return hasSameBytesSlowly(as: other) }
        // Words from both ends, which may overlap.
        let outer = difference(from: other, at: 0) | difference(from: other, at: count &- 8)
        if count <= 16 { return outer == 0 }
        let inner = difference(from: other, at: 8) | difference(from: other, at: count &- 16)
        return outer | inner == 0
    }

    /// The bits in which eight bytes differ, which must be there.
    @inlinable @inline(__always)
    func difference(from other: RawSpan, at offset: Int) -> UInt64 {
        unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
            ^ other.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
    }

    @usableFromInline @inline(never)
    func hasSameBytesSlowly(as other: RawSpan) -> Bool {
        withUnsafeBytes { bytes in
            other.withUnsafeBytes { otherBytes in
                guard let base = bytes.baseAddress, let otherBase = otherBytes.baseAddress
                else { return true }
                return memcmp(base, otherBase, bytes.count) == 0
            }
        }
    }
}

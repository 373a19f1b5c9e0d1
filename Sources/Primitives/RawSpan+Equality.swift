import Glibc

extension RawSpan {
    /// Whether both have the same bytes.
    package func hasSameBytes(as other: RawSpan) -> Bool {
        byteCount == other.byteCount
            && withUnsafeBytes { bytes in
                other.withUnsafeBytes { otherBytes in
                    guard let base = bytes.baseAddress, let otherBase = otherBytes.baseAddress
                    else { return true }
                    return memcmp(base, otherBase, bytes.count) == 0
                }
            }
    }
}

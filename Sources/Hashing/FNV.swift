import COpenSSL
import Primitives

/// The hash of Fowler, Noll and Vo, variant 1a, which otelcol's samplers use.
/// (datatracker.ietf.org/doc/draft-eastlake-fnv)
package enum FNV {
    /// Hashes more bytes on top of `hash`.
    package static func hash32(_ bytes: RawSpan, from hash: UInt32 = 0x811c_9dc5) -> UInt32 {
        var hash = hash
        for offset in 0..<bytes.byteCount {
            hash ^= UInt32(bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self))
            hash &*= 0x0100_0193
        }
        return hash
    }

    /// Hashes more bytes on top of `hash`.
    package static func hash64(
        _ bytes: RawSpan, from hash: UInt64 = 0xcbf2_9ce4_8422_2325
    ) -> UInt64 {
        var hash = hash
        for offset in 0..<bytes.byteCount {
            hash ^= UInt64(bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self))
            hash &*= 0x0000_0100_0000_01b3
        }
        return hash
    }
}

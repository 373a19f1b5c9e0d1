import CXXHash
import Primitives

/// XXH3, a fast hash that is not cryptographic. (github.com/Cyan4973/xxHash)
package enum XXH3 {
    package static func hash64(_ bytes: RawSpan) -> UInt64 {
        bytes.withUnsafeBytes { cxxhash_64($0.baseAddress, $0.count) }
    }

    package static func hash128(_ bytes: RawSpan) -> (high: UInt64, low: UInt64) {
        let hash = bytes.withUnsafeBytes { cxxhash_128_of($0.baseAddress, $0.count) }
        return (hash.high, hash.low)
    }
}

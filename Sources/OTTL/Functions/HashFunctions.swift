import Hashing
import Primitives

/// Hashes of strings, and identifiers that nobody else has.
enum HashFunctions {
    static let all: [Function] = [
        digest("MD5", .md5), digest("SHA1", .sha1), digest("SHA256", .sha256),
        digest("SHA512", .sha512),
        Function("FNV", [.target(.string)]) { arguments in
            .int(Int64(bitPattern: arguments.withBytes(0) { FNV.hash64($0) }))
        },
        Function("XXH3", [.target(.string)]) { arguments in
            hexadecimal([arguments.withBytes(0) { XXH3.hash64($0) }])
        },
        Function("XXH128", [.target(.string)]) { arguments in
            let hash = arguments.withBytes(0) { XXH3.hash128($0) }
            return hexadecimal([hash.high, hash.low])
        },
        // These two are written from the lowest byte up.
        Function("Murmur3Hash", [.target(.string)]) { arguments in
            let hash = arguments.withBytes(0) { Murmur3.hash32($0) }
            return .string(hash.byteSwapped.hexadecimal)
        },
        Function("Murmur3Hash128", [.target(.string)]) { arguments in
            let hash = arguments.withBytes(0) { Murmur3.hash128($0) }
            return hexadecimal([hash.0.byteSwapped, hash.1.byteSwapped])
        },
        Function("UUID", [], isPure: false) { _ in
            .string(uuid(UInt64.random(in: 0...UInt64.max), version: 4))
        },
        Function("UUIDv7", [], isPure: false) { arguments in
            let milliseconds = arguments.subject.now / 1_000_000
            let random = UInt64.random(in: 0...0xFFFF)
            return .string(uuid(milliseconds << 16 | random, version: 7))
        },
    ]

    private static func digest(_ name: String, _ algorithm: Digest.Algorithm) -> Function {
        Function(name, [.target(.string)]) { (_: [Value?]) throws(ArgumentMistake) in
            // The library is loaded when an expression is compiled, so that its lack is a mistake
            // of the configuration.
            let digest: Digest
            do throws(DigestError) {
                digest = try Digest(algorithm)
            } catch {
                throw ArgumentMistake(
                    0, "needs OpenSSL 3: \(error.reason)", hint: "install libssl3")
            }
            return { arguments in
                .string(arguments.withBytes(0) { digest.hexadecimal(of: $0) })
            }
        }
    }

    private static func hexadecimal(_ words: [UInt64]) -> Value {
        .string(words.flatMap(\.hexadecimalDigits))
    }

    private static func uuid(_ high: UInt64, version: UInt64) -> [UInt8] {
        let high = (high & ~0xF000) | version << 12
        let low = (UInt64.random(in: 0...UInt64.max) & ~(3 << 62)) | 1 << 63
        var digits = high.hexadecimalDigits + low.hexadecimalDigits
        for offset in [20, 16, 12, 8] { digits.insert(UInt8(ascii: "-"), at: offset) }
        return digits
    }
}

extension UInt32 {
    /// Eight lower-case digits.
    fileprivate var hexadecimal: [UInt8] { Array(UInt64(self).hexadecimalDigits.suffix(8)) }
}

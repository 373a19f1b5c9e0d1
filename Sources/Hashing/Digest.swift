import COpenSSL
import Primitives

/// A cryptographic hash function. One that could be made is one that works: the library is loaded
/// by `init`, which belongs to the time of configuration.
///
/// A digest of a short text takes about 200 ns and no memory. Shared between threads.
package struct Digest: Equatable, Sendable {
    /// Which function. (RFC 1321, FIPS 180-4, FIPS 202)
    package enum Algorithm: String, CaseIterable, Sendable {
        case md5 = "MD5"
        case sha1 = "SHA-1"
        case sha256 = "SHA-256"
        case sha512 = "SHA-512"
        case sha3 = "SHA3-256"

        fileprivate var number: CInt {
            switch self {
            case .md5: CInt(COPENSSL_MD5)
            case .sha1: CInt(COPENSSL_SHA1)
            case .sha256: CInt(COPENSSL_SHA256)
            case .sha512: CInt(COPENSSL_SHA512)
            case .sha3: CInt(COPENSSL_SHA3_256)
            }
        }

        /// The size of the result in bytes.
        package var size: Int {
            switch self {
            case .md5: 16
            case .sha1: 20
            case .sha256, .sha3: 32
            case .sha512: 64
            }
        }

        /// The size of the blocks that the function works on, in bytes; HMAC needs to know.
        var blockSize: Int {
            switch self {
            case .md5, .sha1, .sha256: 64
            case .sha512: 128
            case .sha3: 136
            }
        }
    }

    package let algorithm: Algorithm

    package init(_ algorithm: Algorithm) throws(DigestError) {
        if let failure = copenssl_digests_load() {
            throw DigestError(reason: String(cString: failure))
        }
        guard copenssl_has_digest(algorithm.number) != 0 else {
            throw DigestError(reason: "OpenSSL has no \(algorithm.rawValue)")
        }
        self.algorithm = algorithm
    }

    package func bytes(of text: RawSpan) -> [UInt8] {
        DigestBytes(self, text).withUnsafeBytes(Array.init)
    }

    /// In lower-case hexadecimal digits.
    package func hexadecimal(of text: RawSpan) -> String {
        Hexadecimal.text(DigestBytes(self, text).bytes)
    }

    /// Appends the digest in lower-case hexadecimal digits.
    package func appendHexadecimal(of text: RawSpan, to output: inout ByteBuffer) {
        output.appendHexadecimal(DigestBytes(self, text).bytes)
    }
}

/// Why there are no digests, in the dynamic loader's or OpenSSL's words.
package struct DigestError: Error, Equatable, Sendable {
    package let reason: String
}

/// The result of a digest, on the stack.
struct DigestBytes {
    private var storage = InlineArray<64, UInt8>(repeating: 0)
    private let size: Int

    init(_ digest: Digest, _ first: RawSpan, _ second: RawSpan = RawSpan()) {
        size = digest.algorithm.size
        var isDone = false
        var span = storage.mutableSpan
        span.withUnsafeMutableBufferPointer { result in
            first.withUnsafeBytes { first in
                second.withUnsafeBytes { second in
                    isDone =
                        copenssl_digest(
                            digest.algorithm.number, first.baseAddress, first.count,
                            second.baseAddress, second.count, result.baseAddress) != 0
                }
            }
        }
        guard isDone else { fatalError("out of memory: a digest could not be computed") }
    }

    var bytes: RawSpan {
        @_lifetime(borrow self)
        get { storage.span.bytes.extracting(first: size) }
    }

    func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        bytes.withUnsafeBytes(body)
    }
}

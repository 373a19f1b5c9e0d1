import Hashing
import Primitives
import Testing

struct DigestTests {
    // FIPS 180-4, RFC 1321 and FIPS 202 publish these.
    static let published: [(Digest.Algorithm, String, String)] = [
        (.md5, "", "d41d8cd98f00b204e9800998ecf8427e"),
        (.md5, "abc", "900150983cd24fb0d6963f7d28e17f72"),
        (.sha1, "", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        (.sha1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (.sha256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (.sha256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            .sha512, "abc",
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
        ),
        (.sha3, "", "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a"),
        (.sha3, "abc", "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"),
    ]

    @Test(arguments: published)
    func `digests are the published ones`(
        _ algorithm: Digest.Algorithm, text: String, expected: String
    ) throws {
        let digest = try Digest(algorithm)
        let text = Array(text.utf8)
        var output = ByteBuffer(copying: Array("digest=".utf8).span.bytes)

        digest.appendHexadecimal(of: text.span.bytes, to: &output)

        let result = output.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        let hexadecimal = digest.hexadecimal(of: text.span.bytes)
        let bytes = digest.bytes(of: text.span.bytes)
        #expect(result == "digest=" + expected)
        #expect(hexadecimal == expected)
        #expect(bytes.count == algorithm.size)
    }

    @Test func `one digest is used again and again, and by many threads`() async throws {
        let digest = try Digest(.sha256)
        let expected = digest.hexadecimal(of: Array("abc".utf8).span.bytes)

        let results = await withTaskGroup(of: String.self) { group in
            for _ in 0..<200 {
                group.addTask { digest.hexadecimal(of: Array("abc".utf8).span.bytes) }
            }
            return await group.reduce(into: Set()) { $0.insert($1) }
        }

        #expect(results == [expected])
    }

    @Test func `a short digest costs well below a microsecond`() throws {
        let digest = try Digest(.sha256)
        let text = Array("a value of an attribute".utf8)
        var output = ByteBuffer(capacity: 64)

        let rounds = 20000
        let time = ContinuousClock().measure {
            for _ in 0..<rounds {
                output.removeAll()
                digest.appendHexadecimal(of: text.span.bytes, to: &output)
            }
        }

        print("SHA-256 of 23 bytes: \(time / rounds)")
        let count = output.count
        #expect(count == 64)
    }
}

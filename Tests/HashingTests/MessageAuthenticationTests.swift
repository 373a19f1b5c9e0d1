import Hashing
import Testing

struct MessageAuthenticationTests {
    // RFC 4231, test cases 1 and 6.
    @Test func `codes are those of the RFC`() throws {
        let short = try MessageAuthentication(
            .sha256, key: [UInt8](repeating: 0x0B, count: 20))
        let long = try MessageAuthentication(
            .sha512, key: [UInt8](repeating: 0xAA, count: 131))
        let text = Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8)

        let shortCode = short.hexadecimal(of: Array("Hi There".utf8).span.bytes)
        let longCode = long.hexadecimal(of: text.span.bytes)

        #expect(
            shortCode
                == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")
        #expect(
            longCode
                == "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
                + "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598")
    }
}

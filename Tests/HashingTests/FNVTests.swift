import Hashing
import Testing

struct FNVTests {
    @Test func `the published vectors come out`() {
        let text = Array("foobar".utf8)

        let hashes = (FNV.hash32(text.span.bytes), FNV.hash64(text.span.bytes))

        #expect(hashes == (0xbf9c_f968, 0x8594_4171_f739_67e8))
    }
}

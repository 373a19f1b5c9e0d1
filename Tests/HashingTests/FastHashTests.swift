import Hashing
import Testing

struct FastHashTests {
    @Test(arguments: [
        ("", 0 as UInt32), ("hello", 0x248b_fa47), ("hello, world", 0x149b_bb7f),
        ("19 Jan 2038 at 3:14:07 AM", 0xe31e_8a70),
        ("The quick brown fox jumps over the lazy dog.", 0xd5c4_8bfc),
    ])
    func `Murmur3 of 32 bits`(_ text: String, expected: UInt32) {
        let hash = Murmur3.hash32(Array(text.utf8).span.bytes)

        #expect(hash == expected)
    }

    @Test(arguments: [
        ("", 0 as UInt64, 0 as UInt64),
        ("hello", 0xcbd8_a7b3_41bd_9b02, 0x5b1e_906a_48ae_1d19),
        ("hello, world", 0x342f_ac62_3a5e_bc8e, 0x4cdc_bc07_9642_414d),
        ("19 Jan 2038 at 3:14:07 AM", 0xb89e_5988_b737_affc, 0x664f_c295_0231_b2cb),
        (
            "The quick brown fox jumps over the lazy dog.", 0xcd99_481f_9ee9_02c9,
            0x695d_a1a3_8987_b6e7
        ),
    ])
    func `Murmur3 of 128 bits`(_ text: String, first: UInt64, second: UInt64) {
        let hash = Murmur3.hash128(Array(text.utf8).span.bytes)

        #expect(hash.0 == first)
        #expect(hash.1 == second)
    }

    // The empty text's values are in xxHash's specification.
    @Test func `XXH3 in both sizes`() {
        let hash = XXH3.hash128([UInt8]().span.bytes)
        let hash64 = XXH3.hash64([UInt8]().span.bytes)

        #expect(hash64 == 0x2d06_8005_38d3_94c2)
        #expect(hash.high == 0x99aa_06d3_0147_98d8)
        #expect(hash.low == 0x6001_c324_468d_497f)
    }
}

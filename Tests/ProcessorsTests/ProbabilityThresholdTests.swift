import OTLP
import Testing

@testable import Processors

/// The arithmetic of `probabilistic`, against numbers of otelcol's.
struct ProbabilityThresholdTests {
    @Test(
        arguments: [
            (0.1, 18_446_744_073_709_551), (1, 184_467_440_737_095_519),
            (10, 1_844_674_407_370_955_263), (25, 4_611_686_018_427_387_903),
            (50, 9_223_372_036_854_775_807), (100, UInt64.max), (150, UInt64.max), (0, 0),
        ] as [(Double, UInt64)])
    func `a percentage has its limit`(percentage: Double, limit: UInt64) {
        #expect(ProbabilityThreshold(percentage: percentage, salt: "").limit == limit)
    }

    @Test func `the smallest percentages have the limit 0`() {
        #expect(ProbabilityThreshold(percentage: 5e-324, salt: "").limit == 0)
        #expect(ProbabilityThreshold(percentage: 1e-300, salt: "").limit == 0)
    }

    @Test(
        arguments: [
            (0x4bf9_2f35_77b3_4da6, 0xa3ce_929d_0e0e_4736, 0xa545_33ba_2e49_70b5),
            (0x0af7_6519_16cd_43dd, 0x8448_eb21_1c80_319c, 0x33bf_83d4_5f51_634c),
            (UInt64.max, UInt64.max, 0x17be_c373_9634_fe2d),
            (0x80f1_98ee_5634_3ba8, 0x64fe_8b2a_57d3_eff7, 0xe3ca_3016_8209_a196),
        ] as [(UInt64, UInt64, UInt64)])
    func `a trace id has its hash`(high: UInt64, low: UInt64, hash: UInt64) {
        let threshold = ProbabilityThreshold(percentage: 10, salt: "")

        #expect(threshold.hash(of: TraceID(high: high, low: low)) == hash)
        #expect(
            ProbabilityThreshold(percentage: 10, salt: "default-hash-seed")
                .hash(of: TraceID(high: high, low: low)) == hash)
    }

    @Test func `a salt makes another choice`() {
        let id = TraceID(high: 0x0af7_6519_16cd_43dd, low: 0x8448_eb21_1c80_319c)
        let kept = (0..<1000).count { index in
            ProbabilityThreshold(percentage: 25, salt: "salt \(index)").samples(id)
        }

        #expect((180...320).contains(kept))
    }
}

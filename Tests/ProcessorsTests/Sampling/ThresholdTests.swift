import OTLP
import Primitives
import Testing

@testable import Processors

struct ThresholdTests {
    /// From the reference: percentage, `th` at a precision of 4 and of 14 digits.
    static let percentages: [(Float, String, String)] = [
        (0.006, "fffc116", "fffc115df5c28f"), (0.01, "fff9724", "fff9724747ae14"),
        (0.1, "ffbe77", "ffbe76c8a3d70a"), (1, "fd70a", "fd70a3d70a3d71"),
        (10, "e666", "e6666666666666"), (15.3, "d8d5", "d8d4fdeb851eb8"), (25, "c", "c"),
        (50, "8", "8"), (90, "199a", "19999999999998"), (99, "028f6", "028f5c28f5c29"),
        (100, "0", "0"),
    ]

    @Test(arguments: percentages)
    func `a probability becomes otelcol's threshold`(
        percentage: Float, short: String, long: String
    ) throws {
        let probability = Double(percentage) / 100

        let rounded = try #require(Threshold(probability: probability, precision: 4))
        let exact = try #require(Threshold(probability: probability, precision: 14))

        #expect(rounded.text == short)
        #expect(exact.text == long)
    }

    @Test func `what is no probability has no threshold`() {
        for probability in [0, -0.1, 1.001, .nan, .infinity, Threshold.smallestProbability / 2] {
            #expect(Threshold(probability: probability, precision: 4) == nil)
        }
        let smallest = Threshold(probability: Threshold.smallestProbability, precision: 1)
        #expect(smallest?.text == "ffffffffffffff")
    }

    @Test func `digits are padded with zeros on the right`() {
        #expect(Threshold("c")?.probability == 0.25)
        #expect(Threshold("8")?.probability == 0.5)
        #expect(Threshold("C") == Threshold("c0000000000000"))
        #expect(Threshold("0") == .always)
        #expect(Threshold("0001")?.text == "0001")
        for text in ["", "123456789abcdef", "g", "0x1", "-1", "1_0", " 1"] {
            #expect(Threshold(text) == nil, "\(text)")
        }
    }

    @Test func `randomness has fourteen digits`() {
        #expect(RandomValue("000000000000ff")?.bits == 255)
        #expect(RandomValue("00000000000FFF")?.text == "00000000000fff")
        for text in ["", "1", "0000000000000g", "000000000000000"] {
            #expect(RandomValue(text) == nil, "\(text)")
        }
        #expect(RandomValue(TraceID(high: 1, low: .max)) == .highest)
    }

    @Test func `never keeps nothing, always everything`() {
        for bits in [0, 1, RandomValue.highest.bits] as [UInt64] {
            #expect(!Threshold.never.keeps(RandomValue(bits: bits)))
            #expect(Threshold.always.keeps(RandomValue(bits: bits)))
        }
        #expect(Threshold(rejecting: 5).keeps(RandomValue(bits: 5)))
        #expect(!Threshold(rejecting: 5).keeps(RandomValue(bits: 4)))
    }

    /// From the reference: trace id, seed, randomness, and whether it is kept at 10, 25 and 50 %.
    static let hashes: [(TraceID, UInt32, String, [Bool])] = [
        (.shop, 0, "fdc80d0b42008d", [true, true, true]),
        (.old, 0, "886c204b10dde4", [false, false, true]),
        (.other, 0, "a480091545d6df", [false, false, true]),
        (TraceID(high: 0, low: 1), 0, "74f42e348fe2c2", [false, false, false]),
        (.shop, 22, "3e50158161306b", [false, false, false]),
        (.old, 22, "f984040d03019e", [true, true, true]),
        (.other, 22, "ccd828a32a4cc9", [false, true, true]),
    ]

    @Test(arguments: hashes)
    func `a trace id is hashed as in otelcol`(
        id: TraceID, seed: UInt32, randomness: String, isKept: [Bool]
    ) {
        let rules = [10, 25, 50].map { percentage in
            SamplingRule(
                mode: .hashSeed, percentage: percentage, seed: seed, failsClosed: true, precision: 4
            )
        }

        #expect(rules[0].hash(id).text == randomness)
        let decisions = rules.map {
            $0.threshold(isFaulty: false, arriving: nil).keeps($0.hash(id))
        }
        #expect(decisions == isKept)
    }

    /// From the reference: percentage, and `th` in the mode `hash_seed`.
    static let scaled: [(Float, String?)] = [
        (0.006, nil), (0.01, "fffc"), (0.1, "ffc"), (1, "fd74"), (10, "e668"), (15.3, "d8d8"),
        (25, "c"), (50, "8"), (90, "199c"), (99, "029"), (100, "0"), (1000, "0"), (0, nil),
    ]

    @Test(arguments: scaled)
    func `hash_seed multiplies in 32 bits`(percentage: Float, expected: String?) {
        let rule = SamplingRule(
            mode: .hashSeed, percentage: percentage, seed: 0, failsClosed: true, precision: 4)

        let threshold = rule.threshold(isFaulty: false, arriving: nil)

        #expect(threshold == .never ? expected == nil : threshold.text == expected)
    }

    /// From the reference: arriving, percentage, and what comes out proportional and equalizing.
    static let arrivals: [(String, Float, String, String)] = [
        ("8", 50, "c", "8"), ("c", 10, "f999a", "e666"), ("e666", 50, "f333", "e666"),
        ("fd70a", 10, "ffbe76", "fd70a"),
    ]

    @Test(arguments: arrivals)
    func `an arriving threshold is multiplied or may rise`(
        arriving: String, percentage: Float, proportional: String, equalizing: String
    ) {
        let results = [SamplingRule.Mode.proportional, .equalizing].map { mode in
            SamplingRule(
                mode: mode, percentage: percentage, seed: 0, failsClosed: true, precision: 4
            ).threshold(isFaulty: false, arriving: Threshold(arriving)).text
        }

        #expect(results == [proportional, equalizing])
    }
}

extension TraceID {
    static let shop = TraceID(high: 0x4bf9_2f35_77b3_4da6, low: 0xa3ce_929d_0e0e_4736)
    static let old = TraceID(high: 0x0af7_6519_16cd_43dd, low: 0x8448_eb21_1c80_319c)
    static let other = TraceID(high: 0x5b8e_fff7_9803_8103, low: 0xd269_b633_813f_c60c)
}

extension Threshold {
    init?(_ text: String) {
        self.init(Array(text.utf8).span.bytes)
    }

    var text: String {
        var buffer = ByteBuffer()
        append(to: &buffer)
        return String(buffer)
    }
}

extension RandomValue {
    init?(_ text: String) {
        self.init(Array(text.utf8).span.bytes)
    }

    var text: String {
        var buffer = ByteBuffer()
        append(to: &buffer)
        return String(buffer)
    }
}

extension String {
    init(_ buffer: borrowing ByteBuffer) {
        self = buffer.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }
}

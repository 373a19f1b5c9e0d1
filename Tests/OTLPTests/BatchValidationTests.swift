import OTLP
import Primitives
import Testing

/// What is refused, why and where; what is accepted although it looks odd.
struct BatchValidationTests {
    /// A request whose only record has these fields.
    private static func request(_ record: [UInt8]) -> [UInt8] {
        field(1, field(2, field(2, record)))
    }

    /// A length-delimited field of fewer than 128 bytes, or of more.
    private static func field(_ number: UInt32, _ payload: [UInt8]) -> [UInt8] {
        var buffer = ByteBuffer()
        buffer.appendField(number << 3 | 2, bytes: payload.span.bytes)
        return Array(buffer)
    }

    /// A span's attribute like nearly all: a key and a text of one byte each.
    private static func pair(_ text: UInt8) -> [UInt8] {
        field(9, field(1, [0x6b]) + field(2, field(1, [text])))
    }

    private static func repeated(_ count: Int, _ layer: ([UInt8]) -> [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<count { bytes = layer(bytes) }
        return bytes
    }

    /// An attribute (field 9 of a span) whose value is this many lists in one another.
    private static func attribute(nested count: Int) -> [UInt8] {
        field(9, field(2, repeated(count) { field(5, field(1, $0)) }))
    }

    static let refusals: [(signal: Signal, bytes: [UInt8], fault: WireFault, offset: UInt32)] = [
        (.traces, [0x0a], .truncated, 1),
        (.traces, [0x0a, 0x01], .truncated, 2),
        (.traces, [0x0a, 0xff], .truncated, 1),
        (.traces, [0x80], .truncated, 0),
        (.traces, [0x00], .invalidFieldNumber, 0),
        (.traces, [0x80, 0x00], .invalidFieldNumber, 0),
        (.traces, [0xff, 0xff, 0xff, 0xff, 0x1f, 0x00], .invalidFieldNumber, 0),
        (.traces, [0x80, 0x80, 0x80, 0x80, 0x80, 0x01, 0x00], .varintTooLong, 0),
        (.traces, [0x0a, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00], .varintTooLong, 1),
        (.traces, [0x08, 0x01], .wrongWireType, 1),
        (.traces, [0x0e, 0x01], .wrongWireType, 1),
        (.traces, [0x16, 0x01], .wrongWireType, 1),
        (.traces, [0x0c], .wrongWireType, 1),
        (.traces, [0x14], .unbalancedGroup, 1),
        (.traces, [0x13], .unbalancedGroup, 1),
        (.traces, [0x13, 0x1c], .unbalancedGroup, 2),
        (.traces, [0x13, 0x08, 0x01], .unbalancedGroup, 3),
        (.traces, [0x10] + [UInt8](repeating: 0xff, count: 9) + [0x02], .varintTooLong, 1),
        (.traces, [0x10] + [UInt8](repeating: 0xff, count: 11), .varintTooLong, 1),
        (.traces, [0x11, 1, 2, 3], .truncated, 1),
        (.traces, [0x15, 1, 2, 3], .truncated, 1),
        (.traces, field(1, [0x10, 0x00]), .wrongWireType, 3),
        (.traces, field(1, field(3, [0xff])), .invalidUTF8, 4),
        (.traces, field(1, field(2, [0x10, 0x00])), .wrongWireType, 5),
        (.traces, field(1, field(1000, [0x12, 0x01])), .truncated, 7),
        (.traces, request(field(1, [1, 2, 3])), .invalidTraceID, 8),
        (.traces, request(field(2, [1, 2, 3])), .invalidSpanID, 8),
        (.traces, request(field(4, [1])), .invalidSpanID, 8),
        (.traces, request(field(5, [0xc0, 0x80])), .invalidUTF8, 8),
        (.traces, request([0x38, 0x01]), .wrongWireType, 7),
        (.traces, request([0x82, 0x01, 0x00]), .wrongWireType, 8),
        (.traces, request(field(9, field(1, [0x80]))), .invalidUTF8, 10),
        (.traces, request(field(9, field(2, field(1, [0xed, 0xa0, 0x80])))), .invalidUTF8, 12),
        (.traces, request(field(9, field(2, [0x42, 0x00]))), .wrongWireType, 11),
        (.traces, request(pair(0x61) + pair(0xff) + pair(0x61)), .invalidUTF8, 25),
        (.traces, request(pair(0xff) + field(9, field(2, [0x42, 0]))), .invalidUTF8, 15),
        (.traces, request(pair(0x61) + field(9, field(2, [0x42, 0]))), .wrongWireType, 21),
        (.traces, request(field(11, field(2, [0xf5]))), .invalidUTF8, 10),
        (.traces, request(field(13, field(2, [1]))), .invalidSpanID, 10),
        (.traces, request(field(15, [0x1a, 0x00])), .wrongWireType, 9),
        (.logs, request(field(9, [0])), .invalidTraceID, 8),
        (.logs, request(field(10, [0])), .invalidSpanID, 8),
        (.logs, request(field(5, field(1, [0xff]))), .invalidUTF8, 10),
        (.logs, request([0x45, 0, 0, 0]), .truncated, 7),
        (.metrics, request([0x28, 0x01]), .wrongWireType, 7),
        (.metrics, request(field(5, [0x08, 0x01])), .wrongWireType, 9),
        (.metrics, request(field(7, field(3, []))), .wrongWireType, 9),
        (.metrics, request(field(5, field(1, [0x18, 0x01]))), .wrongWireType, 11),
        (.metrics, request(field(9, field(1, field(6, [1, 2, 3])))), .raggedPackedList, 12),
        (.metrics, request(field(10, field(1, field(8, field(2, [0x80]))))), .truncated, 14),
        (.metrics, request(field(5, field(1, field(5, field(5, [1]))))), .invalidTraceID, 14),
        (.metrics, request(field(12, field(1, [0xff]))), .invalidUTF8, 10),
    ]

    @Test(arguments: refusals)
    func `a malformed request is refused with the place`(
        signal: Signal, bytes: [UInt8], fault: WireFault, offset: UInt32
    ) {
        #expect(throws: OTLPError.malformed(WireFailure(fault, at: Int(offset)))) {
            try Batch(validating: Body(bytes), as: signal)
        }
    }

    @Test func `a message says what is wrong, where, and what to do`() {
        let error = OTLPError.malformed(WireFailure(.invalidTraceID, at: 8))

        #expect(error.description == "protobuf at byte 8: a trace id must have 16 bytes, or none")
    }

    @Test func `values are nested up to the limit and no deeper`() throws {
        // Request, group, scope group, span, attribute and value are six messages of which the
        // first does not count; each list adds two.
        let deepest = (WireCursor.nestingLimit - 5) / 2

        let accepted = try Batch(
            validating: Body(Self.request(Self.attribute(nested: deepest))), as: .traces)

        #expect(accepted.itemCount == 1)
        #expect(throws: OTLPError.self) {
            try Batch(
                validating: Body(Self.request(Self.attribute(nested: deepest + 1))), as: .traces)
        }
        #expect(throws: OTLPError.self) {
            try Batch(
                validating: Body(Self.request(Self.attribute(nested: 3_000))), as: .traces)
        }
    }

    @Test func `unknown groups are nested up to the limit and no deeper`() throws {
        func groups(_ depth: Int) -> Body {
            Body([UInt8](repeating: 0x13, count: depth) + [UInt8](repeating: 0x14, count: depth))
        }

        let accepted = try Batch(validating: groups(WireCursor.nestingLimit), as: .logs)

        #expect(accepted.byteCount == 2 * WireCursor.nestingLimit)
        #expect(throws: OTLPError.self) {
            try Batch(validating: groups(WireCursor.nestingLimit + 1), as: .logs)
        }
        #expect(throws: OTLPError.self) {
            try Batch(validating: groups(500_000), as: .logs)
        }
    }

    @Test(
        arguments: [
            (what: "two bytes", text: [0xc2, 0x80, 0xdf, 0xbf]),
            (what: "three bytes", text: [0xe0, 0xa0, 0x80, 0xed, 0x9f, 0xbf, 0xee, 0x80, 0x80]),
            (what: "four bytes", text: [0xf0, 0x90, 0x80, 0x80, 0xf4, 0x8f, 0xbf, 0xbf]),
            (what: "after eight letters", text: [97, 97, 97, 97, 97, 97, 97, 97, 97, 0xc3, 0xa9]),
        ] as [(what: String, text: [UInt8])])
    func `text of all lengths is accepted`(what: String, text: [UInt8]) throws {
        let batch = try Batch(validating: Body(Self.request(Self.field(5, text))), as: .traces)

        #expect(batch.itemCount == 1, "\(what)")
    }

    @Test(
        arguments: [
            [0xc1, 0xbf], [0xe0, 0x9f, 0xbf], [0xed, 0xa0, 0x80], [0xf0, 0x8f, 0xbf, 0xbf],
            [0xf4, 0x90, 0x80, 0x80], [0xf8, 0x88, 0x80, 0x80, 0x80], [0x80], [0xe2, 0x82],
            [0xf0, 0x9f, 0x92], [0xe2, 0x28, 0xa1], [0xf0, 0x9f, 0x28, 0x80],
            [97, 97, 97, 97, 97, 97, 97, 97, 0xff],
        ] as [[UInt8]])
    func `text that is not UTF-8 is refused`(text: [UInt8]) {
        #expect(throws: OTLPError.self) {
            try Batch(validating: Body(Self.request(Self.field(5, text))), as: .traces)
        }
    }

    @Test func `numbers are accepted packed and one by one`() throws {
        let packed = Self.field(6, [UInt8](repeating: 0, count: 16))
        let single: [UInt8] = [0x31] + [UInt8](repeating: 0, count: 8)
        let buckets = Self.field(8, Self.field(2, [0x01, 0x80, 0x01]) + [0x10, 0x05])

        let histogram = try Batch(
            validating: Body(Self.request(Self.field(9, Self.field(1, packed + single)))),
            as: .metrics)
        let exponential = try Batch(
            validating: Body(Self.request(Self.field(10, Self.field(1, buckets)))), as: .metrics)

        #expect(histogram.itemCount == 1)
        #expect(exponential.itemCount == 1)
    }

    @Test func `of a metric's kinds the last one counts`() throws {
        let gauge = Self.field(5, Self.field(1, []) + Self.field(1, []))
        let sum = Self.field(7, Self.field(1, []))

        func count(_ metric: [UInt8]) throws -> Int {
            try Batch(validating: Body(Self.request(metric)), as: .metrics).itemCount
        }

        #expect(try count(gauge + sum) == 1)
        #expect(try count(sum + gauge) == 2)
        #expect(try count(sum + sum) == 2)
    }

    @Test func `an index that outgrows its body is refused`() {
        let scopeGroup = Self.field(2, Self.field(2, []))
        let group = Self.field(1, scopeGroup)
        let bytes = repeatElement(group, count: 100_000).flatMap { $0 }

        #expect(throws: OTLPError.malformed(WireFailure(.tooManyTinyRecords, at: 112_500))) {
            try Batch(validating: Body(bytes), as: .traces)
        }
    }

    @Test func `many groups without records are one entry`() throws {
        let bytes = repeatElement([0x0a, 0x02, 0x12, 0x00, 0x10, 0x01] as [UInt8], count: 200_000)
            .flatMap { $0 }

        let batch = try Batch(validating: Body(bytes), as: .traces)

        #expect(batch.isEmpty)
        #expect(batch.resourceCount == 0)
        #expect([UInt8](batch.encoded()) == bytes)
    }

    @Test func `nothing is an empty batch`() throws {
        let batch = try Batch(validating: Body([]), as: .logs)

        #expect(batch.isEmpty)
        #expect(batch.byteCount == 0)
        #expect(batch.encoded().count == 0)
    }

    @Test func `scope groups where they stood before are moved`() throws {
        let span = Self.field(2, Self.field(5, Array("old".utf8)))
        let legacy = Self.field(1, Self.field(1000, span) + Self.field(3, Array("u".utf8)))

        let batch = try Batch(validating: Body(legacy), as: .traces)

        #expect(batch.itemCount == 1)
        #expect(
            [UInt8](batch.encoded())
                == Self.field(1, Self.field(2, span) + Self.field(3, Array("u".utf8))))
    }

    @Test func `scope groups in both places are those of today`() throws {
        let span = Self.field(2, Self.field(5, Array("new".utf8)))
        let both = Self.field(1, Self.field(2, span) + Self.field(1000, span))

        let batch = try Batch(validating: Body(both), as: .traces)

        #expect(batch.itemCount == 1)
        #expect([UInt8](batch.encoded()) == both)
    }

    @Test func `a resource in two pieces becomes one`() throws {
        let first = Self.field(1, Self.field(1, Array("a".utf8)))
        let second = Self.field(1, Self.field(1, Array("b".utf8)))
        let span = Self.field(2, Self.field(2, []))
        let pieces = Self.field(1, Self.field(1, first) + span + Self.field(1, second))

        let batch = try Batch(validating: Body(pieces), as: .traces)

        #expect([UInt8](batch.encoded()) == Self.field(1, Self.field(1, first + second) + span))
    }
}

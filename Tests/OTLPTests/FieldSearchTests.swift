import OTLP
import Primitives
import TestSupport
import Testing

/// The short ways through a message find what the plain walks find.
struct FieldSearchTests {
    private static let tag: UInt32 = 9 << 3 | 2
    private static let keys = [
        "", "a", "ab", "http.route", "http.routf", "http.route2", "exactly8", "sixteen.bytes.ok",
        String(repeating: "k", count: 126), String(repeating: "k", count: 127),
        String(repeating: "k", count: 128), String(repeating: "k", count: 300),
    ]

    @Test func `an attribute is found however it is written`() {
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<3_000 {
            let bytes = Self.message(using: &generator).bytes
            let body = bytes.span.bytes
            let range = Self.range(of: body)
            for key in Self.keys + ["missing"] {
                let key = Array(key.utf8)
                var expected: Range<Int>?
                var kind: AnyValue.Kind?
                var attributes = Message(body, range).attributes(Self.tag)
                while expected == nil, let attribute = attributes.next() {
                    guard attribute.key.hasSameBytes(as: key.span.bytes) else { continue }
                    let value = AnyValue(body, attribute.valueRange)
                    expected = value.payload
                    kind = value.kind
                }
                let found = body.attribute(key.span.bytes, tag: Self.tag, in: range)
                #expect(found?.kind == kind)
                #expect(found?.payload == expected)
            }
        }
    }

    @Test func `a field is the last one with its tag`() {
        var generator = SeededGenerator(seed: 4)
        let tags: [UInt32] = [9 << 3 | 2, 5 << 3 | 2, 6 << 3, 7 << 3 | 1, 16 << 3 | 5, 300 << 3]
        for _ in 0..<3_000 {
            let bytes = Self.message(using: &generator).bytes
            let body = bytes.span.bytes
            let range = Self.range(of: body)
            for tag in tags {
                let expected = Message(body, range).field(tag)?.payload
                let found = body.field(tag, in: range)
                #expect(found == expected)
            }
        }
    }

    @Test func `bytes that were not validated end a search`() {
        var generator = SeededGenerator(seed: 5)
        let key = Array("http.route".utf8)
        for _ in 0..<20_000 {
            var bytes = Self.message(using: &generator).bytes
            for _ in 0..<3 where !bytes.isEmpty {
                let index = Int.random(in: bytes.indices, using: &generator)
                bytes[index] = UInt8.random(in: 0...255, using: &generator)
            }
            let body = bytes.span.bytes
            let end = Int.random(in: 0...body.byteCount, using: &generator)
            _ = body.attribute(key.span.bytes, tag: Self.tag, in: 0..<end)
            _ = body.field(5 << 3 | 2, in: 0..<end)
            _ = body.value(at: 0..<end)
            _ = body.attribute(key.span.bytes, tag: Self.tag, in: 0..<body.byteCount + 1)
        }
    }

    private static func range(of body: RawSpan) -> Range<Int> { 0..<body.byteCount }

    private static func message(using generator: inout SeededGenerator) -> Proto {
        var proto = Proto()
        for _ in 0..<Int.random(in: 0..<9, using: &generator) {
            switch Int.random(in: 0..<12, using: &generator) {
            case 0: proto = proto.text(5, String(repeating: "n", count: 200))
            case 1: proto = proto.text(5, "name")
            case 2: proto = proto.varint(6, .random(in: 0...300, using: &generator))
            case 3: proto = proto.fixed64(7, .random(in: 0 ... .max, using: &generator))
            case 4: proto = proto.fixed32(16, 257).varint(300, 1)
            case 5: proto = proto.message(9, Proto())
            default: proto = proto.message(9, attribute(using: &generator))
            }
        }
        return proto
    }

    private static func attribute(using generator: inout SeededGenerator) -> Proto {
        let key = keys.randomElement(using: &generator) ?? ""
        let value: Proto
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: value = Proto()
        case 1: value = Proto().text(1, "x").varint(3, 300)
        case 2: value = Proto().text(1, String(repeating: "v", count: 130))
        case 3: value = Proto().varint(3, .max)
        case 4: value = Proto().fixed64(4, 1)
        default: value = Proto().text(1, "text")
        }
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: return Proto().message(2, value).text(1, key)
        case 1: return Proto().text(1, key)
        case 2: return Proto().varint(3, 1).text(1, key).message(2, value)
        case 3: return Proto().message(2, value)
        default: return Proto().text(1, key).message(2, value)
        }
    }
}

import OTLP
import Primitives
import TestSupport
import Testing

/// A list of attributes against a plain array of them.
struct AttributeListTests {
    private struct Pair: Equatable {
        var key: [UInt8]
        var value: [UInt8]
    }

    /// The pairs, and what the message has besides.
    private func parts(of message: [UInt8]) -> (pairs: [Pair], others: [[UInt8]]) {
        var pairs: [Pair] = []
        var others: [[UInt8]] = []
        for field in FlatRecord.fields(of: message) {
            guard field.tag == SpanTag.attributes else {
                others.append(field.bytes)
                continue
            }
            let inner = FlatRecord.fields(of: field.payload)
            pairs.append(
                Pair(
                    key: inner.last { $0.tag == KeyValueTag.key }?.payload ?? [],
                    value: inner.last { $0.tag == KeyValueTag.value }?.payload ?? []))
        }
        return (pairs, others)
    }

    private func spans(seed: UInt64) throws -> [[UInt8]] {
        var source = RequestSource(.traces, seed: seed)
        var spans: [[UInt8]] = []
        try Batch(validating: Body(source.request()), as: .traces)
            .forEachRecord { spans.append([UInt8]($0.message.bytes)) }
        return spans
    }

    @Test(arguments: 0..<60 as Range<UInt64>)
    func `changes give what they would give in an array`(seed: UInt64) throws {
        var dice = SeededGenerator(seed: seed)
        var list = AttributeList()
        for span in try spans(seed: seed) {
            let before = parts(of: span)
            let message = Message(span.span.bytes)
            list.load(message, SpanTag.attributes)
            var model = before.pairs.map { Optional($0) }
            #expect(list.count == model.count)

            for _ in 0..<Int.random(in: 0...6, using: &dice) {
                change(&list, &model, message, &dice)
            }

            var output = ByteBuffer()
            list.write(message, SpanTag.attributes, into: &output)
            let after = parts(of: [UInt8](output))
            #expect(after.pairs == model.compactMap(\.self))
            #expect(after.others == before.others)
            #expect(list.count == after.pairs.count)
            if !list.isChanged { #expect([UInt8](output) == span) }
        }
    }

    private func change(
        _ list: inout AttributeList, _ model: inout [Pair?], _ message: borrowing Message,
        _ dice: inout SeededGenerator
    ) {
        let key = Array("key.\(Int.random(in: 0...12, using: &dice))".utf8)
        let found = list.index(of: key.span.bytes, in: message)
        #expect(found == model.firstIndex { $0?.key == key })
        let start = list.values.count
        list.values.appendValue(int: Int64.random(in: 0...1_000_000, using: &dice))
        let size = list.values.count - start
        let value = list.values.withUnsafeBytes { Array($0.suffix(size)) }
        switch (Int.random(in: 0...3, using: &dice), found) {
        case (0, let index?):
            list.remove(index)
            model[index] = nil
        case (1, let index?):
            let other = model.indices.filter { model[$0] != nil }.randomElement(using: &dice)
            list.set(index, valueOf: other ?? index)
            let value = model[other ?? index]?.value ?? []
            model[index]?.value = value
        case (_, let index?):
            list.set(index, valueFrom: start)
            model[index]?.value = value
        case (_, nil):
            list.append(key.span.bytes, valueFrom: start)
            model.append(Pair(key: key, value: value))
        }
        for index in model.indices { #expect(list.isPresent(index) == (model[index] != nil)) }
    }

    @Test func `an attribute is found whatever form it has on the wire`() {
        let long = [UInt8](repeating: 0x78, count: 300)
        let pairs = [
            Proto().message(2, Proto().text(1, "value first")).text(1, "a"),
            Proto().text(1, "first").text(1, "b").message(2, Proto().varint(3, 7)),
            Proto().bytes(1, long).message(2, Proto().bytes(7, long)),
            Proto().text(1, "no value"),
            Proto().message(2, Proto().varint(2, 1)),
            Proto().text(1, "d").message(2, Proto().varint(3, 5)).varint(99, 1),
        ]
        let span = Proto().messages(9, pairs).bytes
        var list = AttributeList()
        let message = Message(span.span.bytes)

        list.load(message, SpanTag.attributes)

        for (index, key) in ["a", "b", String(decoding: long, as: UTF8.self), "no value", "", "d"]
            .enumerated()
        {
            let bytes = Array(key.utf8)
            #expect(list.index(of: bytes.span.bytes, in: message) == index)
        }
        #expect(list.value(at: 0, in: message).kind == .string)
        #expect(list.value(at: 1, in: message).int == 7)
        #expect(list.value(at: 2, in: message).bytes.byteCount == 300)
        #expect(list.value(at: 3, in: message).kind == .empty)
        #expect(list.value(at: 4, in: message).bool == true)
    }
}

/// Messages in repeated fields: events, data points.
struct NestedEditingTests {
    /// Drops every third part, changes every other third.
    private struct Thirds: PartRewriter {
        var seen = 0
        var kinds: Set<UInt32> = []

        mutating func rewritePart(
            _ part: borrowing Message, of kind: UInt32, into output: inout ByteBuffer
        ) -> Rewriting {
            seen += 1
            kinds.insert(kind)
            switch seen % 3 {
            case 1:
                output.append("not meant" as StaticString)
                return .keep
            case 2:
                output.append(part.bytes)
                output.appendField(900 << 3, varint: 1)
                return .amend
            default: return .remove
            }
        }
    }

    @Test(arguments: 0..<60 as Range<UInt64>)
    func `points of any metric are kept, changed and removed`(seed: UInt64) throws {
        var source = RequestSource(.metrics, seed: seed)
        try Batch(validating: Body(source.request()), as: .metrics).forEachRecord { record in
            var output = ByteBuffer()
            var thirds = Thirds()

            let result = output.appendMetric(record.message, rewritingPointsWith: &thirds)

            let count = record.dataPointCount
            #expect(thirds.seen == count)
            #expect(result.partCount == count - count / 3)
            let expected: Rewriting = count >= 3 ? .replace : count == 2 ? .amend : .keep
            #expect(result.rewriting == expected)
            if expected == .keep { #expect([UInt8](output) == [UInt8](record.message.bytes)) }
            let points = FlatRecord.fields(of: [UInt8](output)).filter {
                MetricTag.isPoints($0.tag)
            }
            #expect(points.map(\.tag) == [record.message.pointsTag])
            let left = FlatRecord.fields(of: points.first?.payload ?? []).filter {
                $0.tag == MetricPointsTag.dataPoints
            }
            #expect(left.count == result.partCount)
            #expect(thirds.kinds.isSubset(of: [record.message.pointsTag]))
        }
    }

    @Test func `events of a span are kept, changed and removed`() {
        let events = (0..<5).map { Proto().fixed64(1, UInt64($0)) }
        let span = Proto().text(5, "name").messages(11, events).varint(6, 2).bytes
        var output = ByteBuffer()
        var thirds = Thirds()

        let result = output.append(
            Message(span.span.bytes), rewriting: SpanTag.events, with: &thirds)

        let changed = { (number: UInt64) in Proto().fixed64(1, number).varint(900, 1) }
        let expected = Proto().text(5, "name").messages(
            11, [events[0], changed(1), events[3], changed(4)]
        ).varint(6, 2)
        #expect([UInt8](output) == expected.bytes)
        #expect(result.rewriting == .amend)
        #expect(result.partCount == 4)
    }

    @Test func `a field is replaced where it stands, left out, or added`() {
        let span = Proto().text(5, "old").varint(6, 2).text(5, "older").bytes
        let name = Array("new".utf8)
        var replaced = ByteBuffer()
        var removed = ByteBuffer()
        var added = ByteBuffer()

        replaced.append(
            Message(span.span.bytes), replacing: SpanTag.name, with: name.span.bytes)
        removed.append(Message(span.span.bytes), without: SpanTag.name)
        added.append(
            Message(span.span.bytes), replacing: SpanTag.traceState, with: name.span.bytes)

        #expect([UInt8](replaced) == Proto().text(5, "new").varint(6, 2).bytes)
        #expect([UInt8](removed) == Proto().varint(6, 2).bytes)
        #expect([UInt8](added) == span + Proto().text(3, "new").bytes)
    }
}

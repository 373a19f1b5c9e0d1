import OTLP
import Pipeline
import Primitives
import Testing

@testable import Collector

/// Processors do what otelcol's do: each recorded case gives the recorded result.
struct VectorTests {
    @Test func `there are vectors, and each has something to compare`() {
        #expect(!VectorCase.all.isEmpty)
        #expect(VectorCase.all.count == VectorCase.count)
        #expect(VectorCase.all.allSatisfy { $0.keptIDs != nil || $0.keptTraceIDs != nil })
    }

    @Test("a processor gives otelcol's recorded result", arguments: VectorCase.all)
    func result(of vector: VectorCase) throws {
        let signal = try #require(Signal(rawValue: vector.signal))
        let input = try vector.requests().map { try Batch(json: $0.span.bytes, as: signal) }

        let output = try Self.run(vector, input)

        let before = try VectorItem.items(of: input)
        let after = try VectorItem.items(of: output)
        #expect(Set(before.map(\.id)).count == before.count, "ids are not unique")
        let differences = Self.differences(vector, before, after)
        let shown = differences.prefix(Self.shownLimit).joined(separator: "\n")
        #expect(differences.isEmpty, "\(differences.count) differences, such as\n\(shown)")
    }

    /// Differences shown of one case.
    private static let shownLimit = 12

    /// Gives all requests at once, lets a minute pass, and drains.
    private static func run(_ vector: VectorCase, _ input: [Batch]) throws -> [Batch] {
        let text = ConfigurationText(vector.configuration)
        try #require(text.messages.filter { $0.hasPrefix("error") } == [])
        let placed = try #require(text.loaded.parts.processors.values.first?.first)
        var processor = placed.processor
        var now = Instant(nanoseconds: 1_000_000_000_000)
        let end = now + .seconds(60)
        var output = Output()
        for batch in input { processor.process(batch, at: now, into: &output) }
        while let wake = processor.wakeAt, wake <= end {
            now = max(now + .nanoseconds(1), wake)
            processor.advance(to: now, into: &output)
        }
        processor.drain(at: end, into: &output)
        #expect(processor.heldItems == 0)
        let dropped = output.dropped.reduce(0) { $0 + $1.count }
        let incoming = input.reduce(0) { $0 + $1.itemCount }
        #expect(incoming == output.forwardedItems + dropped, "\(output.dropped)")
        return output.forwarded
    }

    private typealias Items = [(id: UInt64, item: VectorItem)]

    private static func differences(
        _ vector: VectorCase, _ before: Items, _ after: Items
    ) -> [String] {
        var differences: [String] = []
        let kept = after.map(\.id)
        if Set(kept).count != kept.count { differences.append("items came out twice") }
        if let expected = vector.keptIDs {
            differences += compare("ids", Set(kept), Set(expected))
        }
        if let expected = vector.keptTraceIDs {
            differences += compare("traces", Set(after.map(\.item.traceID)), Set(expected))
            let spans = before.filter { expected.contains($0.item.traceID) }.map(\.id)
            differences += compare("ids", Set(kept), Set(spans))
        }
        let originals = Dictionary(uniqueKeysWithValues: before.map { ($0.id, $0.item) })
        for (id, item) in after {
            if let changed = vector.changed {
                var expected = originals[id]?.parts ?? [:]
                for (part, values) in changed[id]?.parts ?? [:] { expected[part] = values }
                differences += compare(id, item.parts, expected)
            }
            differences += compareMark(id, item, vector.marks[id])
        }
        return differences
    }

    private static func compare<Key: Hashable & Comparable>(
        _ what: String, _ actual: Set<Key>, _ expected: Set<Key>
    ) -> [String] {
        if actual == expected { return [] }
        let surplus = actual.subtracting(expected).sorted()
        let missing = expected.subtracting(actual).sorted()
        return [
            "\(what): dropped, but otelcol keeps \(missing); kept, but otelcol drops \(surplus)"
        ]
    }

    private static func compare(
        _ id: UInt64, _ actual: [String: [String: String]],
        _ expected: [String: [String: String]]
    ) -> [String] {
        expected.keys.sorted().flatMap { part -> [String] in
            let (`is`, should) = (actual[part] ?? [:], expected[part] ?? [:])
            return Set(`is`.keys).union(should.keys).sorted().compactMap { key in
                if `is`[key] == should[key] { return nil }
                let (left, right) = (`is`[key] ?? "absent", should[key] ?? "absent")
                return "\(id): \(part) \(key) is \(left), but with otelcol \(right)"
            }
        }
    }

    private static func compareMark(
        _ id: UInt64, _ item: VectorItem, _ mark: VectorItem?
    ) -> [String] {
        (mark?.parts ?? [:]).flatMap { part, values in
            values.compactMap { key, expected -> String? in
                let actual = item.parts[part]?[key] ?? "absent"
                if actual == expected { return nil }
                return "\(id): \(part) \(key) is \(actual), but with otelcol \(expected)"
            }
        }
    }
}

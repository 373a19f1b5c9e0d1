import ComponentTesting
import OTLP
import TestSupport
import Testing

@testable import Processors

/// What `filter` leaves of generated requests, next to what a few lines of the test leave.
struct FilterPropertyTests {
    @Test("data points, metrics and their groups", arguments: 1...80 as ClosedRange<UInt64>)
    func metrics(seed: UInt64) {
        var model = MetricModel(seed: seed)
        let batch = model.batch()

        let points = Filtered(
            #"{metrics: {datapoint: ['attributes["k"] == "x"']}}"#, batch)
        let names = Filtered(#"{metrics: {metric: ['IsMatch(name, "^m[012]$")']}}"#, batch)
        let both = Filtered(
            """
            metric_conditions:
              - metric.name == "m1"
              - datapoint.attributes["k"] == "x"
              - resource.attributes["r"] == "gone"
            """, batch)

        #expect(points.names == model.left { _, _, key in key != "x" })
        #expect(
            names.names
                == model.left(dropsEmpty: false) { _, name, _ in
                    !["m0", "m1", "m2"].contains(name)
                })
        #expect(
            both.names
                == model.left { resource, name, key in
                    resource != "gone" && name != "m1" && key != "x"
                })
    }

    @Test("events of spans", arguments: 1...40 as ClosedRange<UInt64>)
    func events(seed: UInt64) {
        var dice = SeededGenerator(seed: seed)
        var batch = Batch(.traces)
        var expected: [String] = []
        for part in 0..<Int.random(in: 1...3, using: &dice) {
            let records = (0..<Int.random(in: 1...8, using: &dice)).map { index in
                let name = "s\(part)-\(index)"
                let events = (0..<Int.random(in: 0...4, using: &dice)).map { _ in
                    ["keep", "drop", "other"].randomElement(using: &dice) ?? ""
                }
                let left = events.filter { $0 != "drop" }
                if !name.hasSuffix("-3") {
                    expected.append(left.isEmpty ? name : "\(name)(\(left.joined(separator: ",")))")
                }
                return SampleRecord.span(name, ["a": .int(index)], events: events)
            }
            batch.append(.sample(.traces, records))
        }

        let once = Filtered(
            #"{traces: {span: ['attributes["a"] == 3'], spanevent: ['name == "drop"']}}"#, batch)
        let groups = Filtered(
            """
            trace_conditions:
              - {context: spanevent, conditions: ['name == "drop"']}
              - {conditions: ['span.attributes["a"] == 3']}
            """, batch)

        #expect(once.names == expected)
        #expect(groups.names == expected)
    }

    // Filters in a row: each gets a selection from the one before.
    @Test("a filter after a filter", arguments: 1...40 as ClosedRange<UInt64>)
    func chains(seed: UInt64) throws {
        var dice = SeededGenerator(seed: seed)
        var batch = Batch(.traces)
        for part in 0..<3 {
            let groups = (0..<Int.random(in: 1...3, using: &dice)).map { group in
                SampleGroup(
                    ["g": .int(group)],
                    (0..<Int.random(in: 1...6, using: &dice)).map { index in
                        .span(
                            "\(part)-\(group)-\(index)",
                            ["n": .int(Int.random(in: 0...5, using: &dice))])
                    })
            }
            batch.append(.sample(.traces, groups))
        }
        let first = #"{traces: {span: ['attributes["n"] == 1']}}"#
        let second =
            #"{traces: {resource: ['attributes["g"] == 2'], span: ['attributes["n"] > 3']}}"#
        let together = #"""
            traces:
              resource: ['attributes["g"] == 2']
              span: ['attributes["n"] == 1 or attributes["n"] > 3']
            """#

        let half = Filtered(first, batch)
        let rest = half.output.forwarded.first.map { Filtered(second, $0).names } ?? []

        #expect(rest == Filtered(together, batch).names)
    }
}

/// Metrics of all kinds with points that have an attribute `k`, and what a rule leaves of them.
private struct MetricModel {
    private var random: SeededGenerator
    private var groups:
        [(resource: String, metrics: [(name: String, kind: String, keys: [String])])]
    private static let kinds = [
        "gauge", "sum", "histogram", "exponentialHistogram", "summary", "",
    ]

    init(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        groups = (0..<Int.random(in: 1...4, using: &random)).map { _ in
            let resource = ["stays", "gone"].randomElement(using: &random) ?? ""
            let metrics = (0..<Int.random(in: 1...5, using: &random)).map { _ in
                let kind = Self.kinds.randomElement(using: &random) ?? ""
                let count = kind.isEmpty ? 0 : Int.random(in: 0...4, using: &random)
                return (
                    name: "m\(Int.random(in: 0...4, using: &random))", kind: kind,
                    keys: (0..<count).map { _ in ["x", "y"].randomElement(using: &random) ?? "" }
                )
            }
            return (resource: resource, metrics: metrics)
        }
        self.random = random
    }

    mutating func batch() -> Batch {
        // Equal resources would be merged when the batch is written.
        let samples = groups.enumerated().map { index, group in
            SampleGroup(
                ["r": .string(group.resource), "group": .int(index)],
                group.metrics.map { metric in
                    .metric(metric.name, metric.kind, metric.keys.map { ["k": .string($0)] })
                })
        }
        guard Bool.random(using: &random) else { return .sample(.metrics, samples) }
        // In one part for each group.
        var batch = Batch(.metrics)
        for sample in samples { batch.append(.sample(.metrics, [sample])) }
        return batch
    }

    /// The names of what is left. A batch in which no point is left is not passed on.
    ///
    /// - Parameter dropsEmpty: Whether metrics go that have a kind and no points.
    func left(
        dropsEmpty: Bool = true,
        _ isKept: (_ resource: String, _ name: String, _ key: String) -> Bool
    ) -> [String] {
        var names: [String] = []
        var pointCount = 0
        for group in groups {
            for metric in group.metrics {
                let name = metric.name
                guard isKept(group.resource, name, "") else { continue }
                let points = metric.keys.indices.filter {
                    isKept(group.resource, name, metric.keys[$0])
                }
                if dropsEmpty, points.isEmpty, !metric.kind.isEmpty { continue }
                pointCount += points.count
                let list = points.map { "\($0)" }.joined(separator: ",")
                names.append(metric.kind.isEmpty ? name : "\(name)[\(list)]")
            }
        }
        return pointCount == 0 ? [] : names
    }
}

import ComponentTesting
import Configuration
import Foundation
import OTLP
import Pipeline
import Primitives
import TestSupport
import Testing

@testable import Processors

/// Traces in, whole traces out, after a while.
struct GroupByTraceTests {
    /// Runs it on a clock, and keeps what it passes on.
    private struct Stage {
        var processor: GroupByTrace
        var now = Instant(nanoseconds: 1_000_000_000)
        var sent: [[String]] = []
        var given = 0

        init(_ yaml: String) {
            let made = SectionText(yaml, path: "processors.groupbytrace") {
                GroupByTrace(from: &$0)
            }
            #expect(made.report == "")
            processor = made.value
        }

        /// Spans named for their traces: `7a` belongs to trace 7.
        mutating func give(_ spans: String...) {
            let records = spans.map { name in
                SampleRecord.span(name, trace: Int(name.filter(\.isNumber)) ?? 0)
            }
            give(.sample(.traces, records))
        }

        mutating func give(_ batch: Batch) {
            given += batch.itemCount
            run { $0.process(batch, at: $1, into: &$2) }
        }

        mutating func wait(_ milliseconds: Int) {
            now = now + .milliseconds(milliseconds)
            run { $0.advance(to: $1, into: &$2) }
        }

        mutating func drain() { run { $0.drain(at: $1, into: &$2) } }

        private mutating func run(
            _ body: (inout GroupByTrace, Instant, inout Output) -> Void
        ) {
            var output = Output()
            body(&processor, now, &output)
            sent += output.forwarded.map(\.names)
            #expect(output.dropped.isEmpty)
            #expect(given == sent.joined().count + processor.heldItems)
        }
    }

    @Test func `the spans of a trace leave together, a second after the first`() {
        var stage = Stage("{}")

        stage.give("1a", "2a", "1b")
        stage.wait(600)
        stage.give("2b", "3a")
        stage.wait(399)
        #expect(stage.sent == [])
        #expect(stage.processor.wakeAt == Instant(nanoseconds: 2_000_000_000))
        stage.wait(1)
        #expect(stage.sent == [["1a", "1b"], ["2a", "2b"]])
        stage.wait(600)

        #expect(stage.sent == [["1a", "1b"], ["2a", "2b"], ["3a"]])
        #expect(stage.processor.wakeAt == nil)
        #expect(stage.processor.heldItems == 0)
    }

    @Test func `a late span waits for others of its own`() {
        var stage = Stage("{wait_duration: 10ms}")

        stage.give("1a")
        stage.wait(10)
        stage.give("1b")
        stage.wait(9)
        stage.give("1c")
        stage.wait(1)

        #expect(stage.sent == [["1a"], ["1b", "1c"]])
    }

    @Test func `where there is no room the oldest trace leaves early`() {
        var stage = Stage("{num_traces: 2}")

        stage.give("1a", "2a", "1b", "3a", "4a")
        #expect(stage.sent == [["1a", "1b"], ["2a"]])
        stage.drain()

        #expect(stage.sent == [["1a", "1b"], ["2a"], ["3a"], ["4a"]])
        let early = stage.processor.measurements.first { $0.name.hasSuffix("released_early") }
        #expect(early?.value == 2)
    }

    @Test func `resources and scopes stay with their spans`() throws {
        var stage = Stage("{}")
        let groups = [
            SampleGroup(["service.name": "a"], scope: "x", [.span("1a", trace: 1)]),
            SampleGroup(
                ["service.name": "b"], scope: "y", [.span("1b", trace: 1), .span("2a", trace: 2)]),
        ]
        var output = Output()

        stage.processor.process(.sample(.traces, groups), at: stage.now, into: &output)
        stage.processor.drain(at: stage.now, into: &output)

        let first = try #require(output.forwarded.first)
        let expected = [
            SampleGroup(["service.name": "a"], scope: "x", [.span("1a", trace: 1)]),
            SampleGroup(["service.name": "b"], scope: "y", [.span("1b", trace: 1)]),
        ]
        #expect(first.tree as NSDictionary == Batch.sample(.traces, expected).tree as NSDictionary)
    }

    // In whatever pieces spans arrive: none is lost, each trace leaves whole if it all came within
    // its time, and in the order of arrival.
    @Test("traces are preserved", arguments: 1...60 as ClosedRange<UInt64>)
    func preservation(seed: UInt64) {
        var dice = SeededGenerator(seed: seed)
        let limit = Int.random(in: 1...30, using: &dice)
        var stage = Stage("{wait_duration: 50ms, num_traces: \(limit)}")
        var names: [String] = []

        for step in 0..<80 {
            let records = (0..<Int.random(in: 0...6, using: &dice)).map { index in
                let trace = Int.random(in: 1...40, using: &dice)
                let name = "\(trace)-\(step)-\(index)"
                names.append(name)
                return SampleRecord.span(name, trace: trace)
            }
            stage.give(.sample(.traces, records))
            stage.wait(Int.random(in: 0...20, using: &dice))
        }
        stage.drain()

        #expect(stage.sent.joined().sorted() == names.sorted())
        for trace in stage.sent {
            #expect(Set(trace.map { $0.prefix { $0 != "-" } }).count == 1)
        }
        let order = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
        #expect(
            stage.sent.allSatisfy { trace in
                let numbers = trace.compactMap { order[$0] }
                return numbers == numbers.sorted()
            })
    }

    @Test(
        "a mistake is reported",
        arguments: [
            (
                "{discard_orphans: true}",
                "error: processors.groupbytrace.discard_orphans is true, which is not in this build"
            ),
            (
                "{store_on_disk: true}",
                "error: processors.groupbytrace.store_on_disk is true, which is not in this build"
            ),
            (
                "{num_traces: 0}",
                "error: processors.groupbytrace.num_traces is '0', but must be a whole number between 1 and 2147483647"
            ),
            (
                "{num_workers: 4}",
                "warning: processors.groupbytrace.num_workers has no effect: the work is divided by trace id as it comes"
            ),
        ])
    func mistakes(yaml: String, message: String) {
        let made = SectionText(yaml, path: "processors.groupbytrace") { GroupByTrace(from: &$0) }

        #expect(made.messages == [message])
    }
}

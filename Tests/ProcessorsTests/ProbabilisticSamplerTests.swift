import ComponentTesting
import OTLP
import Pipeline
import Primitives
import TestSupport
import Testing

@testable import Processors

struct ProbabilisticSamplerTests {
    // MARK: Spans

    @Test func `a kept span carries its randomness and threshold`() {
        let spans = [Span(.shop), Span(.old), Span(.other)]

        #expect(sampled("{sampling_percentage: 10}", spans) == ["ot=rv:fdc80d0b42008d;th:e668"])
        #expect(
            sampled("{sampling_percentage: 25, mode: equalizing}", spans) == ["ot=th:c"])
        #expect(sampled("{sampling_percentage: 100}", spans).count == 3)
        #expect(sampled("{}", spans) == [])
    }

    @Test func `a claim that cannot be true is a fault`() {
        let span = Span(.old, state: "ot=th:8,v=1")
        let open = "{sampling_percentage: 99, mode: proportional, fail_closed: false}"

        #expect(sampled("{sampling_percentage: 99, mode: proportional}", [span]) == [])
        #expect(sampled(open, [span]) == ["ot=th:0,v=1"])
    }

    @Test func `hash_seed leaves alone what other samplers wrote`() {
        let states = ["ot=th:8", "ot=rv:ffffffffffffff", "bad bad=1"]
        let spans = states.map { Span(.shop, state: $0) }

        #expect(sampled("{sampling_percentage: 50}", spans) == [])
        #expect(sampled("{sampling_percentage: 50, fail_closed: false}", spans) == states)
    }

    @Test func `a span without trace id has no randomness`() {
        let spans = [Span(nil), Span(TraceID(high: 0, low: 0))]
        let mode = "sampling_percentage: 50, fail_closed: false, mode"

        #expect(sampled("{sampling_percentage: 100}", spans) == [])
        #expect(
            sampled("{\(mode): hash_seed}", spans)
                == ["ot=rv:ffffffffffffff;th:0", "ot=rv:ffffffffffffff;th:0"])
        #expect(sampled("{\(mode): equalizing}", spans) == ["ot=th:0", "ot=th:0"])
    }

    @Test func `a priority overrides the percentage`() {
        let kept = [
            "1", "5", "0.5", "1e3", "+Inf", "infinity", "0x1p4", "00012", ".5",
        ]
        let deferred = ["x", "-1", "", " 1", "1 ", "nan", "0x1", "1e999", "-Inf", "true"]
        let dropped = ["0", "0.0", "-0", "0e5", "1e-999"]

        for text in kept + deferred + dropped {
            let span = Span(.old, priority: .string(text))
            let low = sampled("{sampling_percentage: 0}", [span]).count
            let high = sampled("{sampling_percentage: 100}", [span]).count
            let expected =
                kept.contains(text) ? [1, 1] : dropped.contains(text) ? [0, 0] : [0, 1]
            #expect([low, high] == expected, "\(text)")
        }
        #expect(sampled("{}", [Span(.old, priority: .int(5))]) == ["ot=th:0"])
        #expect(sampled("{}", [Span(.old, priority: .double(0.1))]) == ["ot=th:0"])
        #expect(sampled("{}", [Span(.old, priority: .int(-5))]) == [])
        #expect(
            sampled("{sampling_percentage: 100}", [Span(.old, priority: .int(0))]) == [])
        #expect(
            sampled("{sampling_percentage: 100}", [Span(.old, priority: .bool(true))]).count == 1)
    }

    @Test func `a priority does not lower a threshold that arrives`() {
        let span = Span(.shop, state: "ot=th:C", priority: .int(1))

        #expect(sampled("{mode: equalizing, sampling_percentage: 1}", [span]) == ["ot=th:C"])
    }

    @Test func `a priority is found however the attribute is written`() {
        let span = Span(.old).proto
        let key = "sampling.priority"
        let one = Proto().text(1, "1")
        let long = Proto().text(1, String(repeating: "0", count: 200) + "1")
        let attributes = [
            Proto().text(1, key).message(2, one), Proto().message(2, one).text(1, key),
            Proto().text(1, key).message(2, long), Proto().message(2, long).text(1, key),
            Proto().text(1, "other").text(1, key).message(2, one),
        ]

        for attribute in attributes {
            let batch = Self.traces([span.message(9, attribute).bytes])
            #expect(
                forwarded(ProbabilisticSampler.self, "{}", batch).count
                    == (attribute.bytes == attributes[4].bytes ? 0 : 1))
        }
    }

    @Test func `a priority that a processor before has added counts`() {
        let plain = Self.traces([Span(.old).proto.attribute(9, "a", "b").bytes])
        let action = "{key: sampling.priority, value: 1, action: insert}"
        let marked = forwarded(AttributesProcessor.self, "{actions: [\(action)]}", plain)

        #expect(forwarded(ProbabilisticSampler.self, "{}", plain).isEmpty)
        #expect(marked.flatMap { forwarded(ProbabilisticSampler.self, "{}", $0) }.count == 1)
    }

    @Test func `only the tracestate of a span changes`() throws {
        let plain = Span(.shop).proto.bytes
        let full = Span(.shop, state: "v=1", priority: .int(1)).proto
        let twice = full.text(3, "w=2")

        let results = forwarded(
            ProbabilisticSampler.self, "{sampling_percentage: 100}",
            Self.traces([Proto(), full, twice].map(\.bytes) + [plain]))

        let spans = records(of: results)
        #expect(spans.count == 3)
        for (span, original) in zip(spans, [full.bytes, twice.bytes, plain]) {
            let message = Proto().bytes(1, original)
            #expect(fields(span, except: 3) == fields(original, except: 3), "\(message)")
            #expect(fields(span, only: 3).count == 1)
        }
    }

    @Test(arguments: 0..<60)
    func `decisions do not depend on how records are batched`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let spans = (0..<80).map { _ in Span.random(&random).proto.bytes }
        let mode = SamplingRule.Mode.allCases[Int(seed % 3)].rawValue
        let percentage = Int.random(in: 0...100, using: &random)
        let yaml =
            "{sampling_percentage: \(percentage), mode: \(mode), fail_closed: \(seed % 2 == 0)}"

        let together = records(of: forwarded(ProbabilisticSampler.self, yaml, Self.traces(spans)))
        let alone = spans.flatMap { span in
            records(of: forwarded(ProbabilisticSampler.self, yaml, Self.traces([span])))
        }

        #expect(together == alone)
    }

    // MARK: Log records

    @Test func `a log record's attributes carry what a span's tracestate does`() {
        let records = [
            Proto().bytes(9, TraceID.shop.bytes).attribute(6, "a", "b"),
            Proto().bytes(9, TraceID.old.bytes),
        ]

        let kept = self.records(
            of: forwarded(
                ProbabilisticSampler.self, "{sampling_percentage: 10}",
                Self.logs(records.map(\.bytes))))

        let expected = records[0].attribute(6, "sampling.randomness", "fdc80d0b42008d")
            .attribute(6, "sampling.threshold", "e668")
        #expect(kept.map { fields($0) } == [fields(expected.bytes)])
    }

    @Test func `a priority outside the percentages is no priority`() {
        let decisions = [0, -1, 101, 100, 50, 1].map { (percentage: Int64) in
            let value = Proto().varint(3, UInt64(bitPattern: percentage))
            let pair = Proto().text(1, "p").message(2, value)
            let record = Proto().message(6, pair)
            return records(
                of: forwarded(
                    ProbabilisticSampler.self, "{sampling_priority: p}",
                    Self.logs([record.bytes]))
            ).count
        }

        #expect(decisions == [0, 0, 0, 1, 1, 1])
    }

    // MARK: Options

    @Test func `mistakes are told at start`() {
        func messages(_ yaml: String) -> [String] {
            SectionText(yaml, path: "p") { ProbabilisticSampler(from: &$0) }.messages
        }

        #expect(messages("{sampling_percentage: -1}").count == 1)
        #expect(messages("{sampling_percentage: .nan}").count == 1)
        #expect(messages("{sampling_percentage: .inf}").count == 1)
        #expect(messages("{sampling_percentage: 1.0e-16}").count == 1)
        #expect(messages("{sampling_percentage: 1.0e-13}").count == 0)
        #expect(messages("{sampling_percentage: 1000}").count == 0)
        #expect(messages("{sampling_precision: 0}").count == 1)
        #expect(messages("{sampling_precision: 15}").count == 1)
        #expect(messages("{mode: Equalizing}").count == 1)
        #expect(messages("{attribute_source: traceid}").count == 1)
        #expect(messages("{hash_seed: 4294967296}").count == 1)
    }

    @Test func `what is dropped and kept is counted by policy`() {
        var processor = SectionText("{sampling_percentage: 25}", path: "p") {
            ProbabilisticSampler(from: &$0)
        }.value
        var output = Output()
        let spans = [Span(.shop), Span(.old), Span(.old, priority: .int(1)), Span(nil)]
        processor.process(
            Self.traces(spans.map(\.proto.bytes)), at: Instant(nanoseconds: 0), into: &output)

        #expect(output.forwardedItems == 2)
        #expect(output.dropped.map(\.reason) == ["not_sampled"])
        #expect(output.dropped.map(\.count) == [2])
        let counts = output.counts.map { count in
            count.labels.map(\.value).joined(separator: " ") + " \(Int(count.value))"
        }
        #expect(
            counts.sorted() == [
                "missing_randomness false 1", "sampling_priority true 1", "trace_id_hash false 1",
                "trace_id_hash true 1",
            ])
    }
}

// MARK: - Making and reading records

extension ProbabilisticSamplerTests {
    enum Priority {
        case string(String)
        case int(Int64)
        case double(Double)
        case bool(Bool)
    }

    /// A span with what the sampler looks at.
    struct Span {
        var id: TraceID?
        var state: String?
        var priority: Priority?

        init(_ id: TraceID?, state: String? = nil, priority: Priority? = nil) {
            self.id = id
            self.state = state
            self.priority = priority
        }

        var proto: Proto {
            var proto = Proto()
            if let id { proto = proto.bytes(1, id.bytes) }
            proto = proto.bytes(2, [1, 2, 3, 4, 5, 6, 7, 8])
            if let state { proto = proto.text(3, state) }
            proto = proto.text(5, "GET /").varint(6, 2).fixed64(7, 1).fixed64(8, 2)
                .attribute(9, "http.request.meth", "GET")
            if let value {
                proto = proto.message(9, Proto().text(1, "sampling.priority").message(2, value))
            }
            return proto.attribute(9, "long", String(repeating: "x", count: 200)).fixed32(16, 0x301)
        }

        private var value: Proto? {
            switch priority {
            case .string(let text): Proto().text(1, text)
            case .int(let int): Proto().varint(3, UInt64(bitPattern: int))
            case .double(let double): Proto().fixed64(4, double.bitPattern)
            case .bool(let bool): Proto().varint(2, bool ? 1 : 0)
            case nil: nil
            }
        }

        static func random(_ random: inout SeededGenerator) -> Span {
            let states = [
                nil, nil, "", "ot=th:8", "ot=rv:80000000000000;th:8", "v=1,ot=th:c", "bad bad",
            ]
            let priorities: [Priority?] = [
                nil, nil, nil, nil, .int(0), .int(1), .string("0"), .string("2.5"), .double(-1),
            ]
            let id = TraceID(
                high: .random(in: 0 ... .max, using: &random),
                low: .random(in: 0 ... .max, using: &random))
            return Span(
                Bool.random(using: &random) || Bool.random(using: &random) ? id : nil,
                state: states.randomElement(using: &random) ?? nil,
                priority: priorities.randomElement(using: &random) ?? nil)
        }
    }

    static func traces(_ spans: [[UInt8]]) -> Batch { batch(.traces, spans) }
    static func logs(_ records: [[UInt8]]) -> Batch { batch(.logs, records) }

    private static func batch(_ signal: Signal, _ records: [[UInt8]]) -> Batch {
        var scope = Proto()
        for record in records { scope = scope.bytes(2, record) }
        let body = Proto().message(1, Proto().message(1, Proto()).message(2, scope)).bytes
        guard let batch = try? Batch(validating: Body(body), as: signal) else {
            preconditionFailure("the test's own records were refused")
        }
        return batch
    }

    /// The tracestates of what is kept.
    private func sampled(_ yaml: String, _ spans: [Span]) -> [String] {
        records(
            of: forwarded(ProbabilisticSampler.self, yaml, Self.traces(spans.map(\.proto.bytes)))
        )
        .map { span in
            let state = fields(span, only: 3).first ?? []
            return String(decoding: state.dropFirst(state.count > 129 ? 3 : 2), as: UTF8.self)
        }
    }

    /// What comes out, which is read again and must be valid.
    private func forwarded<P: Processor>(_: P.Type, _ yaml: String, _ batch: Batch) -> [Batch] {
        let made = SectionText(yaml, path: "processors.\(P.name)") { P(from: &$0) }
        #expect(made.report == "")
        var processor = made.value
        var output = Output()
        processor.process(batch, at: Instant(nanoseconds: 1), into: &output)
        for batch in output.forwarded {
            #expect(throws: Never.self) {
                _ = try Batch(validating: Body(batch.encoded().joined()), as: batch.signal)
            }
        }
        return output.forwarded
    }

    private func records(of batches: [Batch]) -> [[UInt8]] {
        var records: [[UInt8]] = []
        for batch in batches {
            batch.forEachRecord { record in
                let bytes = record.message.bytes
                records.append(bytes.withUnsafeBytes { Array($0) })
            }
        }
        return records
    }

    /// The fields of a message with their tags, sorted.
    private func fields(
        _ message: [UInt8], only number: UInt32? = nil, except other: UInt32? = nil
    ) -> [[UInt8]] {
        var fields: [[UInt8]] = []
        var cursor = WireCursor(message.span.bytes)
        while let field = cursor.nextField(before: message.count) {
            if field.number == other || number != nil && field.number != number { continue }
            fields.append(Array(message[field.range]))
        }
        return fields.sorted { $0.lexicographicallyPrecedes($1) }
    }
}

extension TraceID {
    var bytes: [UInt8] {
        [high, low].flatMap { word in
            (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * $0)) }
        }
    }
}

import ComponentTesting
import Configuration
import OTLP
import Pipeline
import Primitives
import TestSupport
import Testing

/// Attributes in a form that is easily written and compared: `["env=prod", "n=1:int"]`.
struct ShownAttributes {
    /// The attributes in a field of a message, in order.
    static func of(_ message: borrowing Message, _ tag: UInt32) -> [String] {
        var shown: [String] = []
        var attributes = message.attributes(tag)
        while let attribute = attributes.next() {
            shown.append("\(text(attribute.key))=\(value(attribute.value))")
        }
        return shown
    }

    static func value(_ value: borrowing AnyValue) -> String {
        var buffer = ByteBuffer()
        value.appendText(to: &buffer)
        let text = text(buffer.bytes)
        return switch value.kind {
        case .string: text
        case .empty: "empty"
        default: "\(text):\(value.kind)"
        }
    }

    static func text(_ bytes: RawSpan) -> String {
        bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }
}

extension Proto {
    /// A `KeyValue` in a field, from `key=text`, `key=1:int`, `:double`, `:bool`, `:bytes`,
    /// `:empty`, `:list` (of strings between commas) or `:map` (of one such string).
    func attribute(_ field: Int, _ shown: String) -> Proto {
        let halves = shown.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let key = Proto().text(1, String(halves[0]))
        return message(field, key.message(2, Self.value(String(halves.last ?? ""))))
    }

    private static func value(_ shown: String) -> Proto {
        guard let colon = shown.lastIndex(of: ":") else { return Proto().text(1, shown) }
        let text = String(shown[..<colon])
        switch shown[shown.index(after: colon)...] {
        case "int": return Proto().varint(3, UInt64(bitPattern: Int64(text) ?? 0))
        case "double": return Proto().fixed64(4, (Double(text) ?? 0).bitPattern)
        case "bool": return Proto().varint(2, text == "true" ? 1 : 0)
        case "bytes": return Proto().bytes(7, Array(text.utf8))
        case "empty": return Proto()
        case "list":
            let items = text.split(separator: ",").map { Proto().text(1, String($0)) }
            return Proto().message(5, Proto().messages(1, items))
        case "map": return Proto().message(6, Proto().attribute(1, "in", text))
        default: return Proto().text(1, shown)
        }
    }
}

/// Requests with chosen attributes.
enum AttributeRequest {
    /// A span for each list, of a resource and a scope with attributes, with an event.
    static func traces(
        _ spans: [[String]], resource: [String] = ["service.name=shop"], name: String = "GET /x",
        event: [String] = [], scope: [String] = []
    ) -> Batch {
        let spans = spans.map { attributes in
            let start = Proto().bytes(1, [UInt8](repeating: 7, count: 16))
                .bytes(2, [UInt8](repeating: 8, count: 8)).text(5, name).varint(6, 2)
                .fixed64(7, 1_000).fixed64(8, 2_000)
            let withAttributes = attributes.reduce(start) { $0.attribute(9, $1) }
            let moment = event.reduce(Proto().fixed64(1, 5).text(2, "happened")) {
                $0.attribute(3, $1)
            }
            return event.isEmpty ? withAttributes : withAttributes.message(11, moment)
        }
        return batch(spans, resource, scope, .traces)
    }

    static func logs(
        _ records: [[String]], body: String = "a line", resource: [String] = []
    ) -> Batch {
        let records = records.map { attributes in
            attributes.reduce(Proto().fixed64(1, 7).varint(2, 9)) { $0.attribute(6, $1) }
                .message(5, body == ":empty" ? Proto() : Proto().bodyValue(body))
        }
        return batch(records, resource, [], .logs)
    }

    /// A metric of each kind, with one data point for each list.
    static func metrics(_ points: [[String]]) -> Batch {
        let kinds = [(5, 7), (7, 7), (9, 9), (10, 1), (11, 7)]
        let metrics = kinds.map { kind, tag in
            let points = points.map { attributes in
                attributes.reduce(Proto().fixed64(3, 99)) { $0.attribute(tag, $1) }
            }
            return Proto().text(1, "metric.\(kind)").message(kind, Proto().messages(1, points))
        }
        return batch(metrics, [], [], .metrics)
    }

    private static func batch(
        _ records: [Proto], _ resource: [String], _ scope: [String], _ signal: Signal
    ) -> Batch {
        let request = Proto().message(
            1,
            Proto().message(1, resource.reduce(Proto()) { $0.attribute(1, $1) })
                .message(
                    2,
                    Proto().message(
                        1, scope.reduce(Proto().text(1, "lib")) { $0.attribute(3, $1) }
                    ).messages(2, records)))
        do {
            return try Batch(validating: Body(request.bytes), as: signal)
        } catch {
            preconditionFailure("a request of the tests is not valid: \(error)")
        }
    }
}

extension Proto {
    fileprivate func bodyValue(_ shown: String) -> Proto {
        // The value of an attribute without its key.
        let attribute = Proto().attribute(1, "x=\(shown)")
        let value = FirstPayload.of(field: 2, in: FirstPayload.of(field: 1, in: attribute.bytes))
        return Proto(raw: value)
    }
}

/// Reads one field out of protobuf.
private enum FirstPayload {
    static func of(field: UInt32, in bytes: [UInt8]) -> [UInt8] {
        var cursor = WireCursor(bytes.span.bytes)
        while let next = cursor.nextField(before: bytes.count) {
            if next.number == field { return Array(bytes[next.payload]) }
        }
        return []
    }
}

extension Batch {
    /// The attributes of each span, log record or data point.
    var shownAttributes: [[String]] {
        var all: [[String]] = []
        forEachRecord { record in
            switch signal {
            case .traces: all.append(ShownAttributes.of(record.message, SpanTag.attributes))
            case .logs: all.append(ShownAttributes.of(record.message, LogRecordTag.attributes))
            case .metrics:
                let kind = record.message.pointsTag
                guard let list = record.message.message(kind) else { return }
                var points = list.messages(MetricPointsTag.dataPoints)
                while let point = points.next() {
                    all.append(ShownAttributes.of(point, MetricTag.pointAttributes(kind)))
                }
            }
        }
        return all
    }

    /// The attributes of each record's resource.
    var shownResources: [[String]] {
        var all: [[String]] = []
        forEachRecord { all.append(ShownAttributes.of($0.resource, ResourceTag.attributes)) }
        return all
    }
}

/// What a processor forwards of a batch; what it is must have no mistake.
func processed<P: Processor>(_ batch: Batch, by _: P.Type, _ yaml: String) throws -> Batch {
    let made = SectionText(yaml, path: "processors.\(P.name)") { P(from: &$0) }
    try #require(made.report == "", "\(made.report)")
    var processor = made.value
    var output = Output()
    processor.process(batch, at: Instant(nanoseconds: 1), into: &output)
    #expect(output.forwarded.count <= 1 && output.dropped.isEmpty)
    let result = output.forwarded.first ?? Batch(batch.signal)
    let again = try Batch(validating: result.joined(), as: batch.signal)
    #expect(again.itemCount == batch.itemCount)
    return result
}

/// The mistakes that a processor finds in its section.
func mistakes<P: Processor>(of _: P.Type, _ yaml: String, signal: Signal? = nil) -> [String] {
    SectionText(yaml, path: "processors.\(P.name)") { (section: inout Section) in
        section.signal = signal?.rawValue
        return P(from: &section)
    }.messages
}

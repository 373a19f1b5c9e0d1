import Foundation
import OTLP
import Primitives

/// A value of an attribute, written as a Swift literal.
indirect enum SampleValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
    case string(String), int(Int), double(Double), bool(Bool), bytes([UInt8])
    case list([SampleValue]), map([(String, SampleValue)]), empty

    init(stringLiteral value: String) { self = .string(value) }
    init(integerLiteral value: Int) { self = .int(value) }
    init(floatLiteral value: Double) { self = .double(value) }
    init(booleanLiteral value: Bool) { self = .bool(value) }
    init(arrayLiteral elements: SampleValue...) { self = .list(elements) }
    init(dictionaryLiteral elements: (String, SampleValue)...) { self = .map(elements) }
    init(nilLiteral: ()) { self = .empty }

    /// As OTLP/JSON has it.
    fileprivate var json: String {
        switch self {
        case .string(let text): #"{"stringValue": \#(quote(text))}"#
        case .int(let value): #"{"intValue": "\#(value)"}"#
        case .double(let value): #"{"doubleValue": \#(Self.number(value))}"#
        case .bool(let value): #"{"boolValue": \#(value)}"#
        case .bytes(let bytes): #"{"bytesValue": "\#(Data(bytes).base64EncodedString())"}"#
        case .list(let items):
            #"{"arrayValue": {"values": [\#(items.map(\.json).joined(separator: ","))]}}"#
        case .map(let entries): #"{"kvlistValue": {"values": \#(pairs(entries))}}"#
        case .empty: "{}"
        }
    }

    private static func number(_ value: Double) -> String {
        value.isFinite
            ? "\(value)" : value.isNaN ? #""NaN""# : #""\#(value < 0 ? "-" : "")Infinity""#
    }
}

private func quote(_ text: String) -> String {
    let data = try? JSONEncoder().encode(text)
    return data.map { String(decoding: $0, as: UTF8.self) } ?? ""
}

private func pairs(_ entries: [(String, SampleValue)]) -> String {
    let items = entries.map { #"{"key": \#(quote($0.0)), "value": \#($0.1.json)}"# }
    return "[\(items.joined(separator: ","))]"
}

private func pairs(_ attributes: KeyValuePairs<String, SampleValue>) -> String {
    pairs(attributes.map { ($0.key, $0.value) })
}

/// A span, metric or log record for a test.
struct SampleRecord {
    fileprivate let json: String

    static func span(
        _ name: String, kind: Int = 0, _ attributes: KeyValuePairs<String, SampleValue> = [:],
        events: [String] = [], trace: Int = 1
    ) -> SampleRecord {
        let events = events.map { #"{"name": \#(quote($0)), "timeUnixNano": "7"}"# }
        let id = String(format: "%032x", trace)
        return SampleRecord(
            json: """
                {"traceId": "\(id)", "spanId": "0000000000000001", "name": \(quote(name)),
                 "kind": \(kind), "startTimeUnixNano": "1", "endTimeUnixNano": "2",
                 "attributes": \(pairs(attributes)), "events": [\(events.joined(separator: ","))]}
                """)
    }

    static func log(
        _ name: String, body: SampleValue = nil, severity: Int = 0, text: String = "",
        _ attributes: KeyValuePairs<String, SampleValue> = [:]
    ) -> SampleRecord {
        SampleRecord(
            json: """
                {"eventName": \(quote(name)), "body": \(body.json), "severityNumber": \(severity),
                 "severityText": \(quote(text)), "attributes": \(pairs(attributes))}
                """)
    }

    /// A metric of a kind such as `gauge`, whose points have these attributes; they are numbered by
    /// their times.
    static func metric(
        _ name: String, _ kind: String = "gauge",
        _ points: [KeyValuePairs<String, SampleValue>] = [[:]]
    ) -> SampleRecord {
        let points = points.enumerated().map { index, attributes in
            let value = kind == "gauge" || kind == "sum" ? #""asInt": "\#(index)","# : ""
            return #"{"timeUnixNano": "\#(index)", \#(value) "attributes": \#(pairs(attributes))}"#
        }
        let data = #""\#(kind)": {"dataPoints": [\#(points.joined(separator: ","))]}"#
        let member = kind.isEmpty ? "" : ", \(data)"
        return SampleRecord(json: #"{"name": \#(quote(name))\#(member)}"#)
    }
}

/// Records of one resource and scope.
struct SampleGroup {
    let resource: KeyValuePairs<String, SampleValue>
    let scope: String
    let version: String
    let records: [SampleRecord]

    init(
        _ resource: KeyValuePairs<String, SampleValue> = [:], scope: String = "lib",
        version: String = "1.0", _ records: [SampleRecord]
    ) {
        self.resource = resource
        self.scope = scope
        self.version = version
        self.records = records
    }

    fileprivate func json(_ signal: Signal) -> String {
        let (scopes, list) =
            switch signal {
            case .traces: ("scopeSpans", "spans")
            case .metrics: ("scopeMetrics", "metrics")
            case .logs: ("scopeLogs", "logRecords")
            }
        return """
            {"resource": {"attributes": \(pairs(resource))}, "\(scopes)": [
             {"scope": {"name": \(quote(scope)), "version": \(quote(version))},
              "\(list)": [\(records.map(\.json).joined(separator: ","))]}]}
            """
    }
}

extension Batch {
    /// One request with these groups.
    static func sample(_ signal: Signal, _ groups: [SampleGroup]) -> Batch {
        let name = "resource\(signal.rawValue == "traces" ? "Spans" : signal.rawValue.capitalized)"
        let json = #"{"\#(name)": [\#(groups.map { $0.json(signal) }.joined(separator: ","))]}"#
        return .json(json, signal)
    }

    static func json(_ json: String, _ signal: Signal) -> Batch {
        let bytes = Array(json.utf8)
        do {
            return try Batch(json: bytes.span.bytes, as: signal)
        } catch {
            preconditionFailure("a request of the tests is not valid: \(error)")
        }
    }

    static func sample(_ signal: Signal, _ records: [SampleRecord]) -> Batch {
        sample(signal, [SampleGroup(["service.name": "shop"], records)])
    }

    /// The export request as the exporters write it, read by another library.
    var tree: [String: Any] {
        var buffer = ByteBuffer()
        appendJSON(to: &buffer)
        let bytes = buffer.withUnsafeBytes { Data($0) }
        return (try? JSONSerialization.jsonObject(with: bytes)) as? [String: Any] ?? [:]
    }

    /// The names of spans with those of their events, of metrics with the numbers of their points,
    /// and of log records: `GET /(retry,exception)`, `queue.size[0,2]`.
    var names: [String] {
        objects(tree, [["resourceSpans", "resourceMetrics", "resourceLogs"]])
            .flatMap { objects($0, [["scopeSpans", "scopeMetrics", "scopeLogs"]]) }
            .flatMap { objects($0, [["spans", "metrics", "logRecords"]]) }
            .map(name)
    }

    private func objects(_ tree: [String: Any], _ keys: [[String]]) -> [[String: Any]] {
        keys.joined().lazy.compactMap { tree[$0] as? [[String: Any]] }.first ?? []
    }

    private func name(_ record: [String: Any]) -> String {
        let name = record["name"] as? String ?? record["eventName"] as? String ?? ""
        let events = objects(record, [["events"]]).map { $0["name"] as? String ?? "" }
        if !events.isEmpty { return "\(name)(\(events.joined(separator: ",")))" }
        for kind in ["gauge", "sum", "histogram", "exponentialHistogram", "summary"] {
            guard let data = record[kind] as? [String: Any] else { continue }
            let points = objects(data, [["dataPoints"]]).map {
                $0["timeUnixNano"] as? String ?? "0"
            }
            return "\(name)[\(points.joined(separator: ","))]"
        }
        return name
    }
}

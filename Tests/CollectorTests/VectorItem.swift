import Foundation
import OTLP
import Primitives

/// A span, log record or data point as the vectors see it: an id, and parts as comparable text.
struct VectorItem: Sendable {
    /// By part (`name`, `attributes`, …) and key within the part; `""` for parts of one value.
    var parts: [String: [String: String]] = [:]
    var traceID = ""

    /// Of a case's `changed`.
    init(changedParts: [String: Any]) {
        for (part, value) in changedParts {
            switch (part, value) {
            case ("attributes", let map as [String: Any]), ("resource", let map as [String: Any]):
                parts[part] = map.mapValues(VectorValue.short)
            default: parts[part] = ["": VectorValue.plain(value)]
            }
        }
    }

    /// Of a case's `marks`: a trace state, or attributes of which `null` are absent.
    init(mark: Any) {
        if let text = mark as? String {
            parts["traceState"] = ["": text]
        } else if let map = mark as? [String: Any] {
            parts["attributes"] = map.mapValues { $0 is NSNull ? "absent" : VectorValue.short($0) }
        }
    }

    private init(_ record: [String: Any], resource: [String: String], name: String?) {
        let status = record["status"] as? [String: Any] ?? [:]
        let events = record["events"] as? [[String: Any]] ?? []
        parts = [
            "attributes": VectorValue.map(record["attributes"]), "resource": resource,
            "name": ["": name ?? record["name"] as? String ?? ""],
            "code": ["": VectorValue.plain(status["code"] ?? 0)],
            "message": ["": status["message"] as? String ?? ""],
            "events": ["": VectorValue.plain(events.map { $0["name"] as? String ?? "" })],
            "traceState": ["": record["traceState"] as? String ?? ""],
            "body": ["": VectorValue.long(record["body"] as? [String: Any] ?? [:])],
        ]
        traceID = record["traceId"] as? String ?? ""
    }
}

extension VectorItem {
    /// The items of a batch, by way of its OTLP/JSON; each id with the item that has it.
    static func items(of batches: [Batch]) throws -> [(id: UInt64, item: VectorItem)] {
        try batches.flatMap { batch in
            var text = ByteBuffer()
            batch.appendJSON(to: &text)
            let data = text.withUnsafeBytes { Data($0) }
            return items(of: try JSONSerialization.jsonObject(with: data), batch.signal)
        }
    }

    private static func items(of tree: Any, _ signal: Signal) -> [(UInt64, VectorItem)] {
        let (groups, scopes, records) =
            switch signal {
            case .traces: ("resourceSpans", "scopeSpans", "spans")
            case .metrics: ("resourceMetrics", "scopeMetrics", "metrics")
            case .logs: ("resourceLogs", "scopeLogs", "logRecords")
            }
        return list(tree, groups).flatMap { group in
            let resource = VectorValue.map((group["resource"] as? [String: Any])?["attributes"])
            return list(group, scopes).flatMap { list($0, records) }.flatMap { record in
                points(of: record, signal).map { point in
                    let name = signal == .metrics ? record["name"] as? String ?? "" : nil
                    let item = VectorItem(point, resource: resource, name: name)
                    return (id(of: point, signal), item)
                }
            }
        }
    }

    private static func list(_ tree: Any, _ key: String) -> [[String: Any]] {
        (tree as? [String: Any])?[key] as? [[String: Any]] ?? []
    }

    private static func points(of record: [String: Any], _ signal: Signal) -> [[String: Any]] {
        guard signal == .metrics else { return [record] }
        return record.values.flatMap { list($0, "dataPoints") }
    }

    private static func id(of record: [String: Any], _ signal: Signal) -> UInt64 {
        signal == .traces
            ? UInt64(record["spanId"] as? String ?? "", radix: 16) ?? 0
            : UInt64(VectorValue.plain(record["timeUnixNano"] ?? 0)) ?? 0
    }
}

/// Attribute values as text in which equal means the same type and value.
enum VectorValue {
    /// `AnyValue` in the vectors' short form.
    static func short(_ value: Any) -> String {
        guard let (kind, content) = (value as? [String: Any])?.first else { return "empty" }
        switch (kind, content) {
        case ("arrayValue", let list as [Any]): return "\(list.map(short))"
        case ("kvlistValue", let map as [String: Any]): return sorted(map.mapValues(short))
        default: return scalar(kind, content)
        }
    }

    /// `AnyValue` as OTLP/JSON has it.
    static func long(_ value: [String: Any]) -> String {
        guard let (kind, content) = value.first else { return "empty" }
        switch (kind, content) {
        case ("arrayValue", let array as [String: Any]):
            return "\((array["values"] as? [[String: Any]] ?? []).map(long))"
        case ("kvlistValue", let list as [String: Any]): return sorted(map(list["values"]))
        case ("bytesValue", let text as String):
            let bytes = Data(base64Encoded: text) ?? Data()
            return "bytes " + bytes.map { String(format: "%02x", $0) }.joined()
        default: return scalar(kind, content)
        }
    }

    /// The attributes of a record or resource, by key.
    static func map(_ attributes: Any?) -> [String: String] {
        let pairs = (attributes as? [[String: Any]] ?? []).map { pair in
            (pair["key"] as? String ?? "", long(pair["value"] as? [String: Any] ?? [:]))
        }
        return Dictionary(pairs) { first, _ in first }
    }

    /// A string, number or list of strings.
    static func plain(_ value: Any) -> String { "\(value)" }

    private static func scalar(_ kind: String, _ content: Any) -> String {
        let text = "\(content)"
        switch kind {
        case "doubleValue": return "double \(Double(text).map { "\($0)" } ?? text)"
        case "boolValue": return "bool \((content as? Bool) == true)"
        default: return "\(kind.dropLast(5)) \(text)"
        }
    }

    private static func sorted(_ map: [String: String]) -> String {
        "\(map.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" })"
    }
}

import Foundation
import Testing

/// One recorded result of otelcol: a processor's configuration, its input, and what came out.
///
/// The files and their format are described in `Tests/ProcessorsTests/Vectors/README.md`.
struct VectorCase: CustomTestStringConvertible, Sendable {
    /// The name of the case's file without `.json`, and the name of the case in it.
    let testDescription: String
    let signal: String
    let processor: String
    let yaml: String
    let input: String
    let keptIDs: [UInt64]?
    let keptTraceIDs: [String]?
    /// By id, the parts that differ from the input's, with their whole new value.
    let changed: [UInt64: VectorItem]?
    /// By id, the outgoing trace state or sampling attributes.
    let marks: [UInt64: VectorItem]

    private init?(_ tree: [String: Any], file: String) {
        guard let name = tree["name"] as? String, let signal = tree["signal"] as? String,
            let config = tree["config"] as? [String: Any],
            let processor = config["processor"] as? String, let yaml = config["yaml"] as? String,
            let input = tree["input"] as? String
        else { return nil }
        testDescription = "\(file): \(name)"
        self.signal = signal
        self.processor = processor
        self.yaml = yaml
        self.input = input
        keptIDs = (tree["kept_ids"] as? [NSNumber])?.map(\.uint64Value)
        keptTraceIDs = tree["kept_trace_ids"] as? [String]
        changed = (tree["changed"] as? [String: [String: Any]]).map { changed in
            Self.byID(changed.mapValues(VectorItem.init(changedParts:)))
        }
        marks = Self.byID(
            (tree["marks"] as? [String: Any] ?? [:]).mapValues(VectorItem.init(mark:)))
    }

    private static func byID(_ items: [String: VectorItem]) -> [UInt64: VectorItem] {
        Dictionary(
            uniqueKeysWithValues: items.compactMap { key, item in
                UInt64(key).map { ($0, item) }
            })
    }

    /// The folder with the files; `MARTLET_VECTORS` names another one.
    static let folder: URL =
        ProcessInfo.processInfo.environment["MARTLET_VECTORS"].map { URL(filePath: $0) }
        ?? URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "ProcessorsTests/Vectors")

    /// Every case of every file, in order.
    static let all = files.flatMap { name in
        cases(in: name).compactMap { VectorCase($0, file: String(name.dropLast(5))) }
    }

    /// How many cases the files have, readable or not.
    static let count = files.reduce(0) { $0 + cases(in: $1).count }

    private static let files: [String] = {
        let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
        return (names ?? []).filter { $0.hasSuffix(".json") && !$0.hasPrefix("input-") }.sorted()
    }()

    private static func cases(in name: String) -> [[String: Any]] {
        (try? json(name)) as? [[String: Any]] ?? []
    }

    private static func json(_ name: String) throws -> Any {
        try JSONSerialization.jsonObject(with: Data(contentsOf: folder.appending(path: name)))
    }

    /// The requests of the input file, each as its text.
    func requests() throws -> [[UInt8]] {
        let tree = try Self.json(input)
        let requests = tree as? [Any] ?? [tree]
        return try requests.map { try [UInt8](JSONSerialization.data(withJSONObject: $0)) }
    }

    /// A whole configuration with the case's processor in the middle of a pipeline.
    var configuration: String {
        """
        \(yaml)
        receivers: {otlp: {protocols: {http: {endpoint: "127.0.0.1:0"}}}}
        exporters: {nop: }
        service:
          pipelines:
            \(signal): {receivers: [otlp], processors: [\(component)], exporters: [nop]}
        """
    }

    /// The name in the configuration, which may be longer than the processor's: `filter/health`.
    private var component: String {
        let line = yaml.split(separator: "\n").first { $0.hasPrefix("  \(processor)") }
        return line.map { String($0.prefix { $0 != ":" }.drop { $0 == " " }) } ?? processor
    }
}

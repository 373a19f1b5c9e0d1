/// Reads YAML into nodes: anchors, aliases and merge keys resolved, positions kept.
///
/// The text may be anybody's: everything it can make us build is bounded.
struct YAMLParser {
    /// Lists and mappings within each other. Deeper files are not configurations.
    static let depthLimit = 100
    /// Values after aliases were put in place. Ten lines of aliases of aliases can mean billions.
    static let nodeLimit = 100_000
    /// Of one source.
    static let sizeLimit = ByteCount.mebibytes(4)

    private struct Anchored {
        let node: Node
        let nodeCount: Int
        let height: Int
    }

    private let file: String
    private let diagnostics: Diagnostics
    private var anchors: [String: Anchored] = [:]
    private var openAnchors: Set<String> = []
    private var nodeCount = 0

    /// The value of the one document, null if there is none; `nil` if something was wrong, which
    /// has then been reported. The source's text is remembered for the report.
    static func parse(
        _ bytes: [UInt8], file: String, reportingTo diagnostics: Diagnostics
    ) -> Node? {
        guard bytes.count <= sizeLimit.bytes else {
            diagnostics.error(
                "\(file) has \(bytes.count) bytes, but must not have more than \(sizeLimit)")
            return nil
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            reportEncoding(of: bytes, file, to: diagnostics)
            return nil
        }
        diagnostics.addSource(file, text: text)
        var parser = YAMLParser(file: file, diagnostics: diagnostics)
        do {
            return try bytes.withUnsafeBufferPointer { bytes throws(YAMLFailure) in
                try parser.stream(YAMLEvents(bytes, file: file))
            }
        } catch {
            diagnostics.add(error.diagnostic)
            return nil
        }
    }

    private init(file: String, diagnostics: Diagnostics) {
        self.file = file
        self.diagnostics = diagnostics
    }

    private static func reportEncoding(
        of bytes: [UInt8], _ file: String, to diagnostics: Diagnostics
    ) {
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let bad = lines.firstIndex { String(validating: $0, as: UTF8.self) == nil } ?? 0
        diagnostics.error(
            "\(file) is not UTF-8", at: SourceLocation(file: file, line: bad + 1, column: 1),
            hint: "save the file as UTF-8")
    }

    // MARK: - Documents and values

    private mutating func stream(_ events: consuming YAMLEvents) throws(YAMLFailure) -> Node {
        let first = try events.next()
        guard case .documentStart = first.kind else {
            return Node(.scalar(Scalar("")), at: first.location)
        }
        let start = try events.next()
        let root = try value(start, &events, depth: 0).node
        _ = try events.next()  // The end of the document.
        let rest = try events.next()
        if case .documentStart = rest.kind {
            throw YAMLFailure(
                Diagnostic(
                    .error, "a second document begins here, but a configuration is one document",
                    at: rest.location,
                    hint: "remove the '---', or give each document its own --config"))
        }
        return root
    }

    /// A value and its height: 0 for a scalar.
    private mutating func value(
        _ event: YAMLEvent, _ events: inout YAMLEvents, depth: Int
    ) throws(YAMLFailure) -> (node: Node, height: Int) {
        if case .alias(let name) = event.kind {
            return try alias(name, at: event.location, depth: depth)
        }
        let countBefore = nodeCount
        if let anchor = event.anchor { openAnchors.insert(anchor) }
        let (node, height) = try content(event, &events, depth: depth)
        if let anchor = event.anchor {
            openAnchors.remove(anchor)
            anchors[anchor] = Anchored(
                node: node, nodeCount: nodeCount - countBefore, height: height)
        }
        return (node, height)
    }

    private mutating func content(
        _ event: YAMLEvent, _ events: inout YAMLEvents, depth: Int
    ) throws(YAMLFailure) -> (node: Node, height: Int) {
        try count(1, at: event.location)
        switch event.kind {
        case .scalar(let scalar): return (Node(.scalar(scalar), at: event.location), 0)
        case .sequenceStart:
            try checkDepth(depth + 1, at: event.location)
            return try sequence(event.location, &events, depth: depth + 1)
        case .mappingStart:
            try checkDepth(depth + 1, at: event.location)
            return try mapping(event.location, &events, depth: depth + 1)
        default:
            throw YAMLFailure(
                Diagnostic(.error, "this is not YAML: a value is missing", at: event.location))
        }
    }

    private mutating func sequence(
        _ location: SourceLocation, _ events: inout YAMLEvents, depth: Int
    ) throws(YAMLFailure) -> (node: Node, height: Int) {
        var items: [Node] = []
        var height = 0
        while true {
            let event = try events.next()
            if case .sequenceEnd = event.kind { break }
            let item = try value(event, &events, depth: depth)
            items.append(item.node)
            height = max(height, item.height)
        }
        return (Node(.sequence(items), at: location), height + 1)
    }

    private mutating func mapping(
        _ location: SourceLocation, _ events: inout YAMLEvents, depth: Int
    ) throws(YAMLFailure) -> (node: Node, height: Int) {
        var mapping = Mapping()
        var merged: Node?
        var height = 0
        while true {
            let event = try events.next()
            if case .mappingEnd = event.kind { break }
            let key = try value(event, &events, depth: depth).node
            let entry = try value(try events.next(), &events, depth: depth)
            height = max(height, entry.height)
            if key.scalar == Scalar("<<"), merged == nil {
                merged = entry.node
            } else {
                // An alias as a key stands here, whatever its anchor's place.
                add(key, at: event.location, entry.node, to: &mapping)
            }
        }
        if let merged { merge(merged, into: &mapping) }
        return (Node(.mapping(mapping), at: location), height + 1)
    }

    private func add(
        _ key: Node, at location: SourceLocation, _ value: Node, to mapping: inout Mapping
    ) {
        guard let name = key.scalar?.text else {
            diagnostics.error("a key is \(key.shown), but must be a word", at: location)
            return
        }
        if let first = mapping.entry(name) {
            let note = Diagnostic.Note("the first one is here", at: first.keyLocation)
            diagnostics.error(
                "the key \(quoted(name)) is here a second time", at: location,
                hint: "remove one of them, or give it a name of its own, as in 'otlp/2'",
                notes: [note])
            return
        }
        mapping.set(Mapping.Entry(key: name, keyLocation: location, value: value))
    }

    // MARK: - Aliases and merge keys

    private mutating func alias(
        _ name: String, at location: SourceLocation, depth: Int
    ) throws(YAMLFailure) -> (node: Node, height: Int) {
        guard let anchored = anchors[name], !openAnchors.contains(name) else {
            let isOpen = openAnchors.contains(name)
            let reason = isOpen ? "stands within what it names" : "names no anchor above it"
            throw YAMLFailure(
                Diagnostic(
                    .error, "the alias '*\(name)' \(reason)", at: location,
                    hint: NearMiss.hint(
                        for: name, "the anchors are", anchors.keys.filter { $0 != name }.sorted())))
        }
        try count(anchored.nodeCount, at: location)
        try checkDepth(depth + anchored.height, at: location)
        return (anchored.node, anchored.height)
    }

    /// `<<: *a` or `<<: [*a, *b]`: keys that the mapping lacks. The earlier mapping wins.
    private func merge(_ node: Node, into mapping: inout Mapping) {
        for source in node.sequence ?? [node] {
            guard let entries = source.mapping?.entries else {
                diagnostics.error(
                    "'<<' is \(source.shown), but must be a mapping or a list of mappings",
                    at: source.location, hint: "write '<<: *anchor'")
                continue
            }
            for entry in entries where mapping.entry(entry.key) == nil { mapping.set(entry) }
        }
    }

    // MARK: - Bounds

    private mutating func count(_ added: Int, at location: SourceLocation) throws(YAMLFailure) {
        nodeCount += added
        guard nodeCount > Self.nodeLimit else { return }
        throw YAMLFailure(
            Diagnostic(
                .error, "with its aliases the file has more than \(Self.nodeLimit) values",
                at: location))
    }

    private func checkDepth(_ depth: Int, at location: SourceLocation) throws(YAMLFailure) {
        guard depth > Self.depthLimit else { return }
        throw YAMLFailure(
            Diagnostic(
                .error, "lists and mappings are more than \(Self.depthLimit) deep here",
                at: location))
    }
}

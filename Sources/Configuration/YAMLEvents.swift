import CYAML

/// What libyaml found next, with its place.
struct YAMLEvent {
    enum Kind {
        case documentStart
        case documentEnd
        case streamEnd
        case scalar(Scalar)
        case alias(String)
        case sequenceStart
        case sequenceEnd
        case mappingStart
        case mappingEnd
    }

    let kind: Kind
    let anchor: String?
    let location: SourceLocation
}

/// libyaml's parser as a sequence of events. The only code that touches C's memory.
///
/// It reads from bytes that the caller keeps alive, and stops for good at the first problem.
struct YAMLEvents: ~Copyable {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let bytes: UnsafeBufferPointer<UInt8>
    private let file: String

    init(_ bytes: UnsafeBufferPointer<UInt8>, file: String) {
        self.bytes = bytes
        self.file = file
        parser = .allocate(capacity: 1)
        guard yaml_parser_initialize(parser) == 1 else { fatalError("out of memory") }
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
    }

    /// The next event that says something; `streamEnd` again and again at the end.
    func next() throws(YAMLFailure) -> YAMLEvent {
        while true {
            var event = yaml_event_t()
            guard yaml_parser_parse(parser, &event) == 1 else {
                throw YAMLFailure(YAMLProblem(parser.pointee, in: bytes).diagnostic(file: file))
            }
            defer { yaml_event_delete(&event) }
            if let translated = translated(event) { return translated }
        }
    }

    private func translated(_ event: yaml_event_t) -> YAMLEvent? {
        let kind: YAMLEvent.Kind
        var anchor: String?
        switch event.type {
        case YAML_DOCUMENT_START_EVENT: kind = .documentStart
        case YAML_DOCUMENT_END_EVENT: kind = .documentEnd
        case YAML_STREAM_END_EVENT, YAML_NO_EVENT: kind = .streamEnd
        case YAML_SEQUENCE_END_EVENT: kind = .sequenceEnd
        case YAML_MAPPING_END_EVENT: kind = .mappingEnd
        case YAML_ALIAS_EVENT: kind = .alias(Self.text(event.data.alias.anchor) ?? "")
        case YAML_SEQUENCE_START_EVENT:
            kind = .sequenceStart
            anchor = Self.text(event.data.sequence_start.anchor)
        case YAML_MAPPING_START_EVENT:
            kind = .mappingStart
            anchor = Self.text(event.data.mapping_start.anchor)
        case YAML_SCALAR_EVENT:
            kind = .scalar(Self.scalar(event))
            anchor = Self.text(event.data.scalar.anchor)
        default: return nil
        }
        return YAMLEvent(kind: kind, anchor: anchor, location: location(of: event))
    }

    private static func scalar(_ event: yaml_event_t) -> Scalar {
        let scalar = event.data.scalar
        let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
        return Scalar(
            String(decoding: bytes, as: UTF8.self),
            isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE, tag: text(scalar.tag))
    }

    private static func text(_ characters: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        characters.map { String(cString: $0) }
    }

    private func location(of event: yaml_event_t) -> SourceLocation {
        var location = SourceLocation(event.start_mark, file: file)
        if event.end_mark.line == event.start_mark.line,
            event.type == YAML_SCALAR_EVENT
                || event.type == YAML_ALIAS_EVENT
        {
            location.width = max(
                1, Int(clamping: event.end_mark.column) - Int(clamping: event.start_mark.column))
        }
        return location
    }
}

extension SourceLocation {
    init(_ mark: yaml_mark_t, file: String) {
        self.init(
            file: file, line: Int(clamping: mark.line) &+ 1, column: Int(clamping: mark.column) &+ 1
        )
    }
}

/// Carries the diagnostic that ends the reading of a source.
struct YAMLFailure: Error {
    let diagnostic: Diagnostic

    init(_ diagnostic: Diagnostic) { self.diagnostic = diagnostic }
}

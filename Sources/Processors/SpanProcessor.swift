import Configuration
import OTLP
import Pipeline
import Primitives
import RegularExpressions

/// Renames spans after their attributes, makes attributes of their names and sets their status.
///
/// Documented in `docs/processors/span.md`.
package struct SpanProcessor: Processor {
    package static let name = "span"
    package static let summary = "renames spans, makes attributes of their names, sets their status"
    package static let state = ProcessorState.none

    private let rules: SpanRules
    private let selection: IncludeExclude

    package init(from section: inout Section) {
        rules = SpanRules(from: &section)
        selection = IncludeExclude(from: &section)
        if let signal = section.signal, signal != Signal.traces.rawValue {
            section.refuse(
                "works on spans, but stands in a pipeline of \(signal)",
                hint: "take it out of that pipeline")
        }
    }

    package mutating func process(_ batch: Batch, at now: Instant, into output: inout Output) {
        var rewriter = SpanRewriter(rules, selection)
        output.forward(batch, rewrittenWith: &rewriter)
    }
}

/// What is done to a span.
private struct SpanRules: Sendable {
    /// A pattern and the keys that its groups become.
    struct Extraction: Sendable {
        let pattern: Pattern
        /// For each group, counted from 1; without a name it is empty.
        let keys: [[UInt8]]

        init(_ pattern: Pattern) {
            self.pattern = pattern
            keys = pattern.groupNames.map { Array(($0 ?? "").utf8) }
        }
    }

    struct Status: Sendable {
        let code: StatusCode
        let description: [UInt8]
    }

    enum StatusCode: String, CaseIterable, Sendable {
        case ok = "Ok"
        case error = "Error"
        case unset = "Unset"

        var number: UInt64 {
            switch self {
            case .unset: 0
            case .ok: 1
            case .error: 2
            }
        }
    }

    private(set) var nameKeys: [[UInt8]] = []
    private(set) var separator: [UInt8] = []
    private(set) var extractions: [Extraction] = []
    private(set) var breaksAfterMatch = false
    private(set) var keepsName = false
    private(set) var status: Status?

    init(from section: inout Section) {
        section.takeSection("name", "how spans are renamed") { takeName(from: &$0) }
        status = section.takeSection("status", .offUnlessFilled, "the status spans get") {
            Self.status(from: &$0)
        }
        if section.isDescribing { return }
        if nameKeys.isEmpty && extractions.isEmpty && !section.contains("status") {
            section.refuse(
                "does nothing",
                hint: "write name.from_attributes, name.to_attributes.rules or status")
        }
    }

    private mutating func takeName(from section: inout Section) {
        nameKeys = section.takeStrings(
            "from_attributes", "keys of attributes whose values make the new name"
        ).map { Array($0.utf8) }
        let text: String = section.take(
            "separator", default: "", "what stands between those values")
        separator = Array(text.utf8)
        section.takeSection("to_attributes", "what of the name becomes attributes") {
            extractions = $0.takeList(
                "rules", of: .pattern, "patterns whose groups' names become keys"
            ).map(Extraction.init)
            breaksAfterMatch = $0.take(
                "break_after_match", default: false, "whether only the first rule counts")
            keepsName = $0.take(
                "keep_original_name", default: false,
                "whether the name keeps what became attributes")
        }
    }

    private static func status(from section: inout Section) -> Status {
        let code = section.takeRequired(
            "code", as: .choice(of: StatusCode.self), "the status code")
        let description = section.takeOptional("description", "what happened; only with Error")
        if let code, let description, !description.isEmpty, code != .error {
            section.refuse(
                "description", "is given for the code \(code.rawValue)",
                hint: "only Error has a description")
        }
        return Status(code: code ?? .unset, description: Array((description ?? "").utf8))
    }
}

/// Changes the spans that are selected.
private struct SpanRewriter: ~Copyable, Rewriter {
    private let rules: SpanRules
    private let selectsAll: Bool
    private var selection: IncludeExclude
    private var resourceAnswer: Bool?
    private var answer: Bool?
    private var list = AttributeList()
    private var name = SpanName()
    /// A span with its attributes, before its name and status are set.
    private var scratch = ByteBuffer()

    init(_ rules: SpanRules, _ selection: IncludeExclude) {
        self.rules = rules
        self.selection = selection
        selectsAll = selection.selectsAll
    }

    mutating func enterResource(
        _ resource: borrowing Message, schemaURL: RawSpan
    ) -> GroupVisit {
        resourceAnswer = selectsAll ? true : selection.enterResource(resource)
        return resourceAnswer == false ? .keep : .visit
    }

    mutating func enterScope(
        _ scope: borrowing Message, schemaURL: RawSpan, of resource: borrowing Message,
        resourceSchemaURL: RawSpan
    ) -> GroupVisit {
        answer = resourceAnswer ?? selection.enterScope(scope)
        return answer == false ? .keep : .visit
    }

    mutating func rewriteRecord(
        _ record: borrowing Record, into output: inout ByteBuffer
    ) -> Rewriting {
        let span = record.message
        if answer == nil, !selection.selects(record: span, of: .traces) { return .keep }
        if !rules.nameKeys.isEmpty || !rules.extractions.isEmpty {
            list.load(span, SpanTag.attributes)
            name.start(with: span)
            name.join(rules, list, span)
            name.extract(rules, &list, span)
        }
        guard list.isChanged else { return finish(span, into: &output) }
        scratch.removeAll()
        list.write(span, SpanTag.attributes, into: &scratch)
        var result = ByteBuffer()
        swap(&result, &scratch)
        let rewriting = finish(Message(result.bytes), into: &output)
        if rewriting == .keep { output.append(result.bytes) }
        swap(&result, &scratch)
        return rewriting == .keep ? .amend : rewriting
    }

    /// Sets name and status.
    private mutating func finish(
        _ span: borrowing Message, into output: inout ByteBuffer
    ) -> Rewriting {
        guard let status = rules.status else {
            guard name.isChanged else { return .keep }
            output.append(span, replacing: SpanTag.name, with: name.text.bytes)
            return .amend
        }
        guard name.isChanged else {
            output.append(span, status)
            return .replace
        }
        var renamed = ByteBuffer(capacity: span.range.count + 64)
        renamed.append(span, replacing: SpanTag.name, with: name.text.bytes)
        output.append(Message(renamed.bytes), status)
        return .replace
    }
}

extension ByteBuffer {
    /// Appends a span with another status.
    fileprivate mutating func append(_ span: borrowing Message, _ status: SpanRules.Status) {
        guard status.code != .unset else { return append(span, without: SpanTag.status) }
        var content = ByteBuffer(capacity: 64)
        if !status.description.isEmpty {
            content.appendField(StatusTag.message, bytes: status.description.span.bytes)
        }
        content.appendField(StatusTag.code, varint: status.code.number)
        append(span, replacing: SpanTag.status, with: content.bytes)
    }
}

/// A span's name while it is changed.
private struct SpanName: ~Copyable {
    private(set) var text = ByteBuffer()
    private(set) var isChanged = false
    private var next = ByteBuffer()

    mutating func start(with span: borrowing Message) {
        isChanged = false
        text.removeAll()
        if let name = span.payload(SpanTag.name) { text.append(name) }
    }

    /// Makes the name of values, unless one of them is missing.
    mutating func join(
        _ rules: borrowing SpanRules, _ list: borrowing AttributeList, _ span: borrowing Message
    ) {
        if rules.nameKeys.isEmpty || list.count == 0 { return }
        next.removeAll()
        for index in rules.nameKeys.indices {
            let key = rules.nameKeys[index]
            guard let found = list.index(of: key.span.bytes, in: span) else { return }
            if index > 0 { next.append(rules.separator.span.bytes) }
            next.append(partOfName: list.value(at: found, in: span))
        }
        takeNext()
    }

    /// Makes attributes of parts of the name.
    mutating func extract(
        _ rules: borrowing SpanRules, _ list: inout AttributeList, _ span: borrowing Message
    ) {
        if text.isEmpty { return }
        for index in rules.extractions.indices {
            let extraction = rules.extractions[index]
            guard let match = extraction.pattern.firstMatch(in: text.bytes) else { continue }
            next.removeAll()
            var copied = 0
            for group in 1..<max(extraction.keys.count, 1) {
                let key = extraction.keys[group]
                let range = match[group]
                list.put(key.span.bytes, string: text.bytes.extracting(range ?? 0..<0), in: span)
                // A group within another one, or that took no part, has no place of its own.
                guard let range, range.lowerBound >= copied else { continue }
                next.append(text, copied..<range.lowerBound)
                next.append(UInt8(ascii: "{"))
                next.append(key.span.bytes)
                next.append(UInt8(ascii: "}"))
                copied = range.upperBound
            }
            next.append(text, copied..<text.count)
            if !rules.keepsName { takeNext() }
            if rules.breaksAfterMatch { return }
        }
    }

    private mutating func takeNext() {
        if text.bytes.hasSameBytes(as: next.bytes) { return }
        swap(&text, &next)
        isChanged = true
    }
}

extension ByteBuffer {
    fileprivate mutating func append(partOfName value: borrowing AnyValue) {
        switch value.kind {
        case .string, .bool, .int: value.appendText(to: &self)
        case .double: appendPositional(value.double ?? 0)
        case .empty, .bytes, .array, .keyValueList:
            append("<unknown-attribute-type>" as StaticString)
        }
    }
}

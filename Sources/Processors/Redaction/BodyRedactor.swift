import OTLP
import Primitives

/// Redacts the bodies of log records: a text, or all texts in a map or list.
///
/// Goes as deep as a validated body can be, which is `WireCursor.nestingLimit`.
struct BodyRedactor: ~Copyable {
    private let rules: RedactionRules
    private(set) var findings: Findings
    /// The new content of the `AnyValue`.
    private(set) var output = ByteBuffer()
    /// Where in the body we are: `a.b.[3]`.
    private var path = ByteBuffer()
    private var text = ByteBuffer()
    private var scratch = ByteBuffer()

    init(_ rules: RedactionRules) {
        self.rules = rules
        findings = Findings(rules.summary, ofBody: true)
    }

    /// Whether the body has changed; the new one then is in `output`.
    mutating func redact(_ body: borrowing Message) -> Bool {
        findings.removeAll()
        output.removeAll()
        path.removeAll()
        switch body.asValue.kind {
        case .keyValueList: return redactMap(body.part(AnyValueTag.keyValueList))
        case .array: return redactList(body.part(AnyValueTag.array))
        default:
            path.append("body" as StaticString)
            let isMasked = redactLeaf(body)
            // otelcol forgets to say that a whole body is allowed.
            if !isMasked { findings.removeAll() }
            return isMasked
        }
    }

    /// Writes a value, changed or not; whether it changed.
    private mutating func redactValue(_ value: borrowing Message) -> Bool {
        switch value.asValue.kind {
        case .keyValueList: redactMap(value.part(AnyValueTag.keyValueList))
        case .array: redactList(value.part(AnyValueTag.array))
        default: redactLeaf(value)
        }
    }

    private mutating func redactMap(_ map: borrowing Message) -> Bool {
        var isChanged = false
        let mark = output.open(AnyValueTag.keyValueList, expectedSize: map.range.count)
        var pairs = map.messages(ListTag.values)
        while let pair = pairs.next() {
            let pathSize = path.count
            if redactPair(pair) { isChanged = true }
            path.truncate(to: pathSize)
        }
        output.close(mark)
        return isChanged
    }

    private mutating func redactPair(_ pair: borrowing Message) -> Bool {
        let key = pair.bytes(of: KeyValueTag.key)
        if !path.isEmpty { path.append(UInt8(ascii: ".")) }
        path.append(key)
        if rules.isIgnored(key) {
            findings.note(.ignored, path)
            output.appendField(ListTag.values, bytes: pair.bytes)
            return false
        }
        if rules.isDeleted(key) {
            findings.note(.redacted, path)
            return true
        }
        let mark = output.open(ListTag.values, expectedSize: pair.range.count)
        output.appendField(KeyValueTag.key, bytes: key)
        let value = pair.part(KeyValueTag.value)
        let valueMark = output.open(KeyValueTag.value, expectedSize: value.range.count)
        let isChanged = rules.isBlocked(key: key) ? mask(value) : redactValue(value)
        output.close(valueMark)
        output.close(mark)
        return isChanged
    }

    /// Masks a value as a whole.
    private mutating func mask(_ value: borrowing Message) -> Bool {
        findings.note(.masked, path)
        scratch.removeAll()
        // Of what is no text, as of an empty one.
        let content = value.asValue
        text.removeAll()
        if content.kind == .string { text.append(content.bytes) }
        rules.mask.append(wholeOf: text, to: &scratch)
        output.appendText(scratch)
        return true
    }

    private mutating func redactList(_ list: borrowing Message) -> Bool {
        var isChanged = false
        let mark = output.open(AnyValueTag.array, expectedSize: list.range.count)
        var elements = list.messages(ListTag.values)
        var index: UInt64 = 0
        while let element = elements.next() {
            let pathSize = path.count
            if !path.isEmpty { path.append(UInt8(ascii: ".")) }
            path.append(UInt8(ascii: "["))
            path.append(DecimalDigits(Int64(bitPattern: index)).bytes)
            path.append(UInt8(ascii: "]"))
            let elementMark = output.open(ListTag.values, expectedSize: element.range.count)
            if redactValue(element) { isChanged = true }
            output.close(elementMark)
            path.truncate(to: pathSize)
            index &+= 1
        }
        output.close(mark)
        return isChanged
    }

    private mutating func redactLeaf(_ value: borrowing Message) -> Bool {
        text.removeAll()
        value.asValue.appendText(to: &text)
        if rules.isAllowed(value: text.bytes) {
            findings.note(.allowed, path)
        } else if rules.maskBlocked(&text, &scratch) {
            findings.note(.masked, path)
            output.appendText(text)
            return true
        }
        output.append(value.bytes)
        return false
    }
}

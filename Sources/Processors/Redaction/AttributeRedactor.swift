import OTLP
import Primitives

/// Redacts the attributes of one message after the other.
struct AttributeRedactor: ~Copyable, PartRewriter {
    private let signal: Signal
    private let rules: RedactionRules
    private var list = AttributeList()
    private var findings: Findings
    private var tag: UInt32 = 0
    private var text = ByteBuffer()
    private var scratch = ByteBuffer()

    init(_ signal: Signal, _ rules: RedactionRules) {
        self.signal = signal
        self.rules = rules
        findings = Findings(rules.summary, ofBody: false)
    }

    mutating func redact(
        _ message: borrowing Message, _ tag: UInt32, into output: inout ByteBuffer
    ) -> Rewriting {
        start(message, tag)
        return finish(into: &output, message)
    }

    mutating func rewritePart(
        _ part: borrowing Message, of kind: UInt32, into output: inout ByteBuffer
    ) -> Rewriting {
        let tag =
            signal == .traces ? EventTag.attributes : MetricTag.pointAttributes(kind)
        return redact(part, tag, into: &output)
    }

    /// Redacts the attributes; they are written by `finish`.
    mutating func start(_ message: borrowing Message, _ tag: UInt32) {
        self.tag = tag
        list.load(message, tag)
        findings.removeAll()
        for index in 0..<list.endIndex {
            Self.redact(index, &list, message, rules, &findings, &text, &scratch)
        }
        findings.write(to: &list, of: message)
    }

    /// Adds what was found elsewhere to the attributes.
    mutating func note(_ findings: Findings, in message: borrowing Message) {
        findings.write(to: &list, of: message)
    }

    /// Appends the message, unless its attributes are as they were.
    mutating func finish(
        into output: inout ByteBuffer, _ message: borrowing Message
    ) -> Rewriting {
        guard list.isChanged else { return .keep }
        list.write(message, tag, into: &output)
        return .amend
    }

    private static func redact(
        _ index: Int, _ list: inout AttributeList, _ message: borrowing Message,
        _ rules: borrowing RedactionRules, _ findings: inout Findings, _ text: inout ByteBuffer,
        _ scratch: inout ByteBuffer
    ) {
        if rules.isIgnored(list.key(at: index, in: message)) {
            return findings.note(.ignored, list.key(at: index, in: message))
        }
        if rules.isDeleted(list.key(at: index, in: message)) {
            findings.note(.redacted, list.key(at: index, in: message))
            return list.remove(index)
        }
        text.removeAll()
        list.value(at: index, in: message).appendRedactable(rules, to: &text)
        if rules.isAllowed(value: text.bytes) {
            return findings.note(.allowed, list.key(at: index, in: message))
        }
        if rules.isBlocked(key: list.key(at: index, in: message)) {
            scratch.removeAll()
            rules.mask.append(wholeOf: text, to: &scratch)
            swap(&text, &scratch)
        } else {
            guard rules.maskBlocked(&text, &scratch) else { return }
        }
        findings.note(.masked, list.key(at: index, in: message))
        let start = list.values.count
        list.values.appendValue(string: text.bytes)
        list.set(index, valueFrom: start)
    }
}

extension AnyValue {
    /// Appends the text in which blocked values are sought.
    fileprivate func appendRedactable(_ rules: borrowing RedactionRules, to text: inout ByteBuffer)
    {
        if kind == .string || rules.redactsAllTypes { appendText(to: &text) }
    }
}

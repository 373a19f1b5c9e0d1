import Configuration
import OTLP
import Pipeline
import Primitives

/// Deletes attributes that are not allowed and masks values that are blocked, everywhere where
/// telemetry has attributes, and in the bodies of log records.
///
/// Documented in `docs/processors/redaction.md`.
package struct RedactionProcessor: Processor {
    package static let name = "redaction"
    package static let summary = "deletes attributes that are not allowed, masks blocked values"
    package static let state = ProcessorState.none

    private let rules: RedactionRules

    package init(from section: inout Section) {
        rules = RedactionRules(from: &section)
        section.refuseUnsupported(
            "url_sanitizer", "replaces parts of URLs", hint: "mask them with blocked_values")
        section.refuseUnsupported(
            "db_sanitizer", "masks literals of database queries",
            hint: "mask them with blocked_values")
    }

    package mutating func process(_ batch: Batch, at now: Instant, into output: inout Output) {
        var rewriter = RedactionRewriter(batch.signal, rules)
        output.forward(batch, rewrittenWith: &rewriter)
    }
}

/// Redacts resources, scopes, records and what is in them.
private struct RedactionRewriter: ~Copyable, Rewriter {
    private let signal: Signal
    private var redactor: AttributeRedactor
    /// A record with its attributes redacted, before its events or body are.
    private var scratch = ByteBuffer()
    private var body: BodyRedactor

    init(_ signal: Signal, _ rules: RedactionRules) {
        self.signal = signal
        redactor = AttributeRedactor(signal, rules)
        body = BodyRedactor(rules)
    }

    mutating func leaveResource(
        _ resource: borrowing Message, into output: inout ByteBuffer
    ) -> Rewriting {
        redactor.redact(resource, ResourceTag.attributes, into: &output)
    }

    mutating func leaveScope(
        _ scope: borrowing Message, into output: inout ByteBuffer
    ) -> Rewriting {
        redactor.redact(scope, ScopeTag.attributes, into: &output)
    }

    mutating func rewriteRecord(
        _ record: borrowing Record, into output: inout ByteBuffer
    ) -> Rewriting {
        switch signal {
        case .traces: redactSpan(record.message, into: &output)
        case .logs: redactLogRecord(record.message, into: &output)
        case .metrics:
            output.appendMetric(record.message, rewritingPointsWith: &redactor).rewriting
        }
    }

    private mutating func redactSpan(
        _ span: borrowing Message, into output: inout ByteBuffer
    ) -> Rewriting {
        guard span.field(SpanTag.events) != nil else {
            return redactor.redact(span, SpanTag.attributes, into: &output)
        }
        var result = ByteBuffer()
        swap(&result, &scratch)
        result.removeAll()
        defer { swap(&result, &scratch) }
        guard redactor.redact(span, SpanTag.attributes, into: &result) != .keep else {
            return output.append(span, rewriting: SpanTag.events, with: &redactor).rewriting
        }
        _ = output.append(
            Message(result.bytes), rewriting: SpanTag.events, with: &redactor)
        return .amend
    }

    private mutating func redactLogRecord(
        _ record: borrowing Message, into output: inout ByteBuffer
    ) -> Rewriting {
        redactor.start(record, LogRecordTag.attributes)
        let isMasked = body.redact(record.part(LogRecordTag.body))
        redactor.note(body.findings, in: record)
        guard isMasked else { return redactor.finish(into: &output, record) }
        var result = ByteBuffer()
        swap(&result, &scratch)
        result.removeAll()
        defer { swap(&result, &scratch) }
        if redactor.finish(into: &result, record) == .keep { result.append(record.bytes) }
        output.append(
            Message(result.bytes), replacing: LogRecordTag.body, with: body.output.bytes)
        return .amend
    }
}

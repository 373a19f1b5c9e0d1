import Configuration
import Hashing
import OTLP
import Pipeline
import Primitives

/// Changes the attributes of spans, log records and data points.
///
/// Documented in `docs/processors/attributes.md`.
package struct AttributesProcessor: Processor {
    package static let name = "attributes"
    package static let summary = "changes attributes of spans, log records and data points"
    package static let state = ProcessorState.none

    private var program: ActionProgram
    private let digest: Digest?
    private let selection: IncludeExclude

    package init(from section: inout Section) {
        program = AttributeAction.list(
            "actions", from: &section, "what is done to attributes, one after the other")
        digest = Digest.sha256(for: program, reportingTo: section)
        selection = IncludeExclude(from: &section)
    }

    package var senderUse: SenderUse { program.senderUse }
    package mutating func note(_ sender: Sender) { program.resolve(for: sender) }

    package mutating func process(_ batch: Batch, at now: Instant, into output: inout Output) {
        var rewriter = AttributesRewriter(
            batch.signal, AttributeEditor(program, digest: digest), selection)
        output.forward(batch, rewrittenWith: &rewriter)
    }
}

/// Edits the records that are selected.
private struct AttributesRewriter: ~Copyable, Rewriter {
    private let signal: Signal
    private let selectsAll: Bool
    private var editor: AttributeEditor
    private var selection: IncludeExclude
    /// Whether all records of the resource, or scope, entered last are selected; `nil` if that
    /// depends on them.
    private var resourceAnswer: Bool?
    private var answer: Bool?

    init(_ signal: Signal, _ editor: consuming AttributeEditor, _ selection: IncludeExclude) {
        self.signal = signal
        self.editor = editor
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
        let message = record.message
        if answer == nil, !selection.selects(record: message, of: signal) { return .keep }
        switch signal {
        case .traces: return editor.edit(message, SpanTag.attributes, into: &output)
        case .logs: return editor.edit(message, LogRecordTag.attributes, into: &output)
        case .metrics:
            return output.appendMetric(message, rewritingPointsWith: &editor).rewriting
        }
    }
}

extension Digest {
    /// SHA-256 if an action hashes; a mistake of the section if there is none.
    static func sha256(for program: ActionProgram, reportingTo section: Section) -> Digest? {
        guard program.steps.contains(where: { $0.kind == .hash }) else { return nil }
        do throws(DigestError) {
            return try Digest(.sha256)
        } catch {
            section.refuse("cannot hash: \(error.reason)", hint: "install OpenSSL 3")
            return nil
        }
    }
}

extension Output {
    /// Forwards what a rewriter makes of a batch. What cannot be a request any more, because it is
    /// larger than one can be, is dropped.
    mutating func forward(
        _ batch: Batch, rewrittenWith rewriter: inout (some Rewriter & ~Copyable)
    ) {
        do throws(OTLPError) {
            forward(try batch.rewriting(with: &rewriter))
        } catch {
            drop(batch.itemCount, because: "too_large")
        }
    }
}

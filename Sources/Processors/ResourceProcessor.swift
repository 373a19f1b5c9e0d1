import Configuration
import Hashing
import OTLP
import Pipeline
import Primitives

/// Changes the attributes of resources.
///
/// Documented in `docs/processors/resource.md`.
package struct ResourceProcessor: Processor {
    package static let name = "resource"
    package static let summary = "changes attributes of resources"
    package static let state = ProcessorState.none

    private var program: ActionProgram
    private let digest: Digest?

    package init(from section: inout Section) {
        program = AttributeAction.list(
            "attributes", from: &section, "actions, done one after the other")
        digest = Digest.sha256(for: program, reportingTo: section)
    }

    package var senderUse: SenderUse { program.senderUse }
    package mutating func note(_ sender: Sender) { program.resolve(for: sender) }

    package mutating func process(_ batch: Batch, at now: Instant, into output: inout Output) {
        var rewriter = ResourceRewriter(AttributeEditor(program, digest: digest))
        output.forward(batch, rewrittenWith: &rewriter)
    }
}

/// Edits resources; their records stay as they are.
private struct ResourceRewriter: ~Copyable, Rewriter {
    private var editor: AttributeEditor

    init(_ editor: consuming AttributeEditor) {
        self.editor = editor
    }

    mutating func enterResource(
        _ resource: borrowing Message, schemaURL: RawSpan
    ) -> GroupVisit { .keep }

    mutating func leaveResource(
        _ resource: borrowing Message, into output: inout ByteBuffer
    ) -> Rewriting {
        editor.edit(resource, ResourceTag.attributes, into: &output)
    }
}

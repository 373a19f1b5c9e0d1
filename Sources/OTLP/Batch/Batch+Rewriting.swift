import Primitives

/// What became of a message that a `Rewriter` was shown.
package enum Rewriting: Sendable {
    /// It stays as it is; what was appended is taken back.
    case keep
    /// What was appended takes its place.
    case replace
    /// It goes: a record with all that is in it, a resource or scope without its records.
    case remove
}

/// Changes records, resources or scopes of a batch.
///
/// Each function is shown a message and appends the content of another one to `output`, or leaves
/// it alone. Sizes around it are not its business.
package protocol Rewriter {
    mutating func rewriteResource(_ resource: borrowing Message, into output: inout ByteBuffer)
        -> Rewriting
    mutating func rewriteScope(_ scope: borrowing Message, into output: inout ByteBuffer)
        -> Rewriting
    mutating func rewriteRecord(_ record: borrowing Record, into output: inout ByteBuffer)
        -> Rewriting
}

extension Rewriter {
    package mutating func rewriteResource(
        _ resource: borrowing Message, into output: inout ByteBuffer
    ) -> Rewriting { .keep }

    package mutating func rewriteScope(
        _ scope: borrowing Message, into output: inout ByteBuffer
    ) -> Rewriting { .keep }

    package mutating func rewriteRecord(
        _ record: borrowing Record, into output: inout ByteBuffer
    ) -> Rewriting { .keep }
}

extension Batch {
    /// The batch with what a rewriter makes of it. A body of which nothing changes is not copied;
    /// of others a new body is written and validated like one that arrived. Groups that lose their
    /// last record vanish.
    package func rewriting(
        with rewriter: inout some Rewriter
    ) throws(OTLPError) -> Batch {
        var result = Batch(signal)
        for part in parts {
            var rewriting = PartRewriting(part)
            rewriting.run(&rewriter)
            if rewriting.hasChanged {
                result.append(try Batch(validating: rewriting.finish(), as: signal))
            } else {
                result.append(part)
            }
        }
        return result
    }
}

/// One part of a batch on its way through a rewriter.
private struct PartRewriting: ~Copyable {
    private let part: BatchPart
    private var request: ByteBuffer
    private(set) var hasChanged = false

    init(_ part: BatchPart) {
        self.part = part
        request = ByteBuffer(capacity: part.byteCount + part.byteCount / 8)
    }

    consuming func finish() -> Body { request.freeze() }

    mutating func run(_ rewriter: inout some Rewriter) {
        var position = part.firstResourcePosition
        while position < part.upper {
            let slice = part.resourceSlice(at: position)
            position = Int(slice.group.end)
            if slice.group.isOpaque {
                if part.chosen == nil { append(slice.group.field) }
            } else {
                rewrite(slice, &rewriter)
            }
        }
    }

    private mutating func rewrite(_ slice: ResourceSlice, _ rewriter: inout some Rewriter) {
        let group = slice.group
        let start = request.count
        let mark = request.open(RequestTag.resourceGroups, expectedSize: Int(group.content.size))
        let body = part.index.body
        var cursor = WireCursor(body.bytes, at: group.content.range.lowerBound)
        rewriteSubject(ResourceGroupTag.resource, group.resource) { message, output in
            rewriter.rewriteResource(message, into: &output)
        }
        // The list is written in one place; other fields keep their order around it.
        while let field = cursor.nextField(before: group.content.end) {
            if field.number > 2 { append(field.range) }
        }
        let recordsStart = request.count
        var position = part.firstScopePosition(of: slice)
        while position < slice.upper {
            let scope = part.scopeSlice(at: position)
            rewrite(scope, &rewriter)
            position = part.positionBehind(scope)
        }
        if request.count == recordsStart {
            request.truncate(to: start)
        } else {
            request.close(mark)
        }
    }

    private mutating func rewrite(_ slice: ScopeSlice, _ rewriter: inout some Rewriter) {
        let group = slice.group
        let start = request.count
        let mark = request.open(
            ResourceGroupTag.scopeGroups, expectedSize: Int(group.content.size))
        let body = part.index.body
        var cursor = WireCursor(body.bytes, at: group.content.range.lowerBound)
        rewriteSubject(ScopeGroupTag.scope, group.scope) { message, output in
            rewriter.rewriteScope(message, into: &output)
        }
        while let field = cursor.nextField(before: group.content.end) {
            if field.number > 2 { append(field.range) }
        }
        let recordsStart = request.count
        let index = part.index
        var position = part.nextRecord(from: slice.lower, in: slice)
        while position < slice.upper {
            rewriteRecord(at: position, of: index, &rewriter)
            position = part.nextRecord(from: position + index.recordCellCount, in: slice)
        }
        if request.count == recordsStart {
            request.truncate(to: start)
        } else {
            request.close(mark)
        }
    }

    /// A resource or scope. One that is absent is shown as an empty one.
    private mutating func rewriteSubject(
        _ tag: UInt32, _ extent: Extent,
        _ rewrite: (borrowing Message, inout ByteBuffer) -> Rewriting
    ) {
        let body = part.index.body
        let start = request.count
        let mark = request.open(tag, expectedSize: Int(extent.size))
        switch rewrite(Message(body.bytes, extent.range), &request) {
        case .keep:
            request.truncate(to: start)
            if extent.isPresent {
                request.appendField(tag, bytes: body.bytes.extracting(extent.range))
            }
        case .replace:
            request.close(mark)
            hasChanged = true
        case .remove:
            request.truncate(to: start)
            hasChanged = hasChanged || extent.isPresent
        }
    }

    private mutating func rewriteRecord(
        at position: Int, of index: borrowing BodyIndex, _ rewriter: inout some Rewriter
    ) {
        let content = index.record(at: position).content
        let start = request.count
        let mark = request.open(ScopeGroupTag.records, expectedSize: Int(content.size))
        let record = Record(index.body.bytes, index.cells.span, at: position)
        switch rewriter.rewriteRecord(record, into: &request) {
        case .keep:
            request.truncate(to: start)
            request.appendField(
                ScopeGroupTag.records, bytes: index.body.bytes.extracting(content.range))
        case .replace:
            request.close(mark)
            hasChanged = true
        case .remove:
            request.truncate(to: start)
            hasChanged = true
        }
    }

    private mutating func append(_ range: Range<Int>) {
        let body = part.index.body
        request.append(body.bytes.extracting(range))
    }
}

import Primitives

/// Rewrites requests in forms that are legal and next to never seen, so that the rest of the
/// program need not know of them:
///
/// 1. Scope groups in field 1000 of a resource group, where they stood before OTLP 0.19, if there
///    are none in field 2. They move there. (otelcol does the same; the messages have not changed.)
/// 2. A resource, scope or schema URL that comes in several pieces. Messages are joined, of strings
///    the last one counts. (protobuf.dev, "Last One Wins".)
enum NormalForm {
    static func of(_ body: Body) -> Body {
        let bytes = body.bytes
        var result = ByteBuffer(capacity: body.count)
        var cursor = WireCursor(bytes)
        while let field = cursor.nextField(before: bytes.byteCount) {
            if field.tag == RequestTag.resourceGroups {
                appendGroup(field.tag, Message(bytes, field.payload), to: &result)
            } else {
                result.append(bytes.extracting(field.range))
            }
        }
        return result.freeze()
    }

    /// A resource group, or a scope group within one: both have their subject in field 1 and their
    /// schema URL in field 3.
    private static func appendGroup(
        _ tag: UInt32, _ group: borrowing Message, to result: inout ByteBuffer
    ) {
        let mark = result.open(tag, expectedSize: group.range.count)
        appendSubject(of: group, to: &result)
        let isResourceGroup = tag == RequestTag.resourceGroups
        let renames = isResourceGroup && group.field(ResourceGroupTag.scopeGroups) == nil
        var cursor = WireCursor(group.body, at: group.range.lowerBound)
        while let field = cursor.nextField(before: group.range.upperBound) {
            let isScopeGroup =
                renames
                ? field.tag == ResourceGroupTag.legacyScopeGroups
                : isResourceGroup && field.tag == ResourceGroupTag.scopeGroups
            if isScopeGroup {
                let scopeGroup = Message(group.body, field.payload)
                appendGroup(ResourceGroupTag.scopeGroups, scopeGroup, to: &result)
            } else if field.number != 1 && field.number != 3 {
                result.append(group.body.extracting(field.range))
            }
        }
        if let url = group.payload(ResourceGroupTag.schemaURL) {
            result.appendField(ResourceGroupTag.schemaURL, bytes: url)
        }
        result.close(mark)
    }

    private static func appendSubject(of group: borrowing Message, to result: inout ByteBuffer) {
        guard group.field(ResourceGroupTag.resource) != nil else { return }
        let mark = result.open(ResourceGroupTag.resource)
        var pieces = group.messages(ResourceGroupTag.resource)
        while let piece = pieces.next() { result.append(piece.bytes) }
        result.close(mark)
    }
}

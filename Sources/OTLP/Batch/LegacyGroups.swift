import Primitives

/// Requests of senders older than OTLP 0.19, whose scope groups are field 1000 of a resource group.
enum LegacyGroups {
    /// The same request with these lists where they belong now, in resource groups that have no
    /// list there. (otelcol does the same; the messages in the lists have not changed.)
    static func renamed(in body: Body) -> Body {
        let bytes = body.bytes
        var result = ByteBuffer(capacity: body.count)
        var cursor = WireCursor(bytes)
        while let field = cursor.nextField(before: bytes.byteCount) {
            if field.tag == RequestTag.resourceGroups {
                appendRenamed(bytes, field.payload, to: &result)
            } else {
                result.append(bytes.extracting(field.range))
            }
        }
        return result.freeze()
    }

    private static func appendRenamed(
        _ bytes: RawSpan, _ content: Range<Int>, to result: inout ByteBuffer
    ) {
        let mark = result.open(RequestTag.resourceGroups, expectedSize: content.count)
        let renames = !hasCurrentGroups(bytes, content)
        var cursor = WireCursor(bytes, at: content.lowerBound)
        while let field = cursor.nextField(before: content.upperBound) {
            if renames && field.tag == ResourceGroupTag.legacyScopeGroups {
                result.appendField(
                    ResourceGroupTag.scopeGroups, bytes: bytes.extracting(field.payload))
            } else {
                result.append(bytes.extracting(field.range))
            }
        }
        result.close(mark)
    }

    private static func hasCurrentGroups(_ bytes: RawSpan, _ content: Range<Int>) -> Bool {
        var cursor = WireCursor(bytes, at: content.lowerBound)
        while let field = cursor.nextField(before: content.upperBound) {
            if field.tag == ResourceGroupTag.scopeGroups { return true }
        }
        return false
    }
}

import Primitives

/// What resource groups and scope groups have in common: field 1 is the resource or scope, field 2
/// the list of what is inside, field 3 the schema URL. Others belong to later versions of OTLP.
enum Envelope {
    static let listField: UInt32 = 2

    /// The size of all fields except the list.
    static func surroundingsSize(in bytes: RawSpan, _ content: Range<Int>) -> Int {
        var size = 0
        var cursor = WireCursor(bytes, at: content.lowerBound)
        while let field = cursor.nextField(before: content.upperBound) {
            if field.number != listField { size += field.range.count }
        }
        return size
    }

    static func appendSurroundings(
        in bytes: RawSpan, _ content: Range<Int>, to buffer: inout ByteBuffer
    ) {
        var cursor = WireCursor(bytes, at: content.lowerBound)
        while let field = cursor.nextField(before: content.upperBound) {
            if field.number != listField { buffer.append(bytes.extracting(field.range)) }
        }
    }
}

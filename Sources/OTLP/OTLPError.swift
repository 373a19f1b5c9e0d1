/// Why bytes are not an OTLP request.
///
/// Every case says where: the offset in the (decompressed) body, or the place in the JSON text.
package enum OTLPError: Error, Equatable {
    case malformed(WireFailure)
    case malformedJSON(JSONError)
    case bodyTooLarge(size: Int, limit: Int)
}

extension OTLPError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .malformed(let failure): failure.description
        case .malformedJSON(let error): "JSON at \(error)"
        case .bodyTooLarge(let size, let limit):
            "the body has \(size) bytes, but at most \(limit) can be decoded; send smaller requests"
        }
    }
}

/// What is wrong with bytes that should be protobuf, and where it was noticed.
package struct WireFailure: Error, Equatable {
    package let fault: WireFault
    /// Counted from the start of the body; bodies have at most 2^30 bytes.
    package let offset: UInt32

    package init(_ fault: WireFault, at offset: Int) {
        self.fault = fault
        self.offset = UInt32(truncatingIfNeeded: offset)
    }
}

extension WireFailure: CustomStringConvertible {
    package var description: String { "protobuf at byte \(offset): \(fault)" }
}

/// What can be wrong with bytes that should be protobuf. (protobuf.dev, "Encoding".)
package enum WireFault: UInt8, Sendable {
    /// A field, or the message around it, ends before it is complete.
    case truncated
    /// A varint of more than 64 bits, or a tag or size of more than five bytes.
    case varintTooLong
    /// Field number 0, or one beyond 2^29 − 1.
    case invalidFieldNumber
    /// A wire type that does not exist, or one that the schema does not allow for the field.
    case wrongWireType
    /// A string that is not UTF-8.
    case invalidUTF8
    /// Messages and groups inside one another beyond `WireCursor.nestingLimit`.
    case nestedTooDeep
    /// An end-group tag without its start, a start without its end, or one of another field.
    case unbalancedGroup
    /// A trace id that is neither empty nor 16 bytes.
    case invalidTraceID
    /// A span id that is neither empty nor 8 bytes.
    case invalidSpanID
    /// A packed list of fixed-size numbers that ends within one.
    case raggedPackedList
    /// So many records of so few bytes that the index would outgrow the body by far.
    case tooManyTinyRecords
}

extension WireFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .truncated: "a field ends beyond the message around it; send the whole message"
        case .varintTooLong: "a number has more bytes than its type allows"
        case .invalidFieldNumber: "the field number is not within 1 to 536870911"
        case .wrongWireType: "the wire type is not the one the field has in the OTLP schema"
        case .invalidUTF8: "a string is not valid UTF-8; send such bytes as a bytes value"
        case .nestedTooDeep:
            "messages are nested deeper than \(WireCursor.nestingLimit) levels; flatten the value"
        case .unbalancedGroup: "a group lacks its start or its end"
        case .invalidTraceID: "a trace id must have 16 bytes, or none"
        case .invalidSpanID: "a span id must have 8 bytes, or none"
        case .raggedPackedList: "a packed list ends in the middle of a number"
        case .tooManyTinyRecords: "too many records of a few bytes; send smaller requests"
        }
    }
}

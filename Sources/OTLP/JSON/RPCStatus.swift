import Primitives

/// `google.rpc.Status`: the body of every refusal in OTLP/HTTP. (google/rpc/status.proto.)
///
/// Details are neither read nor written; the delay before a retry is in the `Retry-After` header.
package struct RPCStatus: Equatable, Sendable {
    /// What went wrong, as in gRPC. (google/rpc/code.proto.)
    package enum Code: Int32, Sendable {
        case ok, cancelled, unknown, invalidArgument, deadlineExceeded, notFound, alreadyExists
        case permissionDenied, resourceExhausted, failedPrecondition, aborted, outOfRange
        case unimplemented, `internal`, unavailable, dataLoss, unauthenticated
    }

    /// A message that a peer sent is cut to so many bytes, since it ends up in a log.
    package static let messageSizeLimit = 4_096

    package var code: Int32
    package var message: String

    package init(code: Int32, message: String) {
        self.code = code
        self.message = message
    }

    package init(_ code: Code, _ message: String) {
        self.init(code: code.rawValue, message: message)
    }

    /// Reads the answer of a peer. Its size is bounded by whoever received it.
    package init(decoding body: RawSpan, as encoding: OTLPEncoding) throws(OTLPError) {
        self.init(code: 0, message: "")
        let fields = try AnswerFields(decoding: body, of: .rpcStatus, as: encoding)
        code = Int32(truncatingIfNeeded: fields.number)
        message = fields.text
    }

    package func append(to buffer: inout ByteBuffer, as encoding: OTLPEncoding) {
        let fields = AnswerFields(number: Int64(code), text: message)
        fields.append(to: &buffer, of: .rpcStatus, as: encoding)
    }
}

/// `ExportTraceServiceResponse` and its like: how much of an accepted request was rejected.
///
/// Nothing rejected and no message is full success; nothing rejected and a message is a warning.
package struct ExportResponse: Equatable, Sendable {
    /// Spans, data points or log records.
    package var rejectedCount: Int64
    package var message: String

    package static let fullSuccess = ExportResponse(rejectedCount: 0, message: "")

    package init(rejectedCount: Int64, message: String) {
        self.rejectedCount = rejectedCount
        self.message = message
    }

    package var isFullSuccess: Bool { self == .fullSuccess }

    /// Reads the answer of a peer. Its size is bounded by whoever received it.
    package init(
        decoding body: RawSpan, to signal: Signal, as encoding: OTLPEncoding
    ) throws(OTLPError) {
        self = .fullSuccess
        let fields = try AnswerFields(
            decoding: body, of: signal.responseMessage, as: encoding)
        rejectedCount = fields.number
        message = fields.text
    }

    /// Appends the answer; full success is an empty message, as the specification has it.
    package func append(
        to buffer: inout ByteBuffer, for signal: Signal, as encoding: OTLPEncoding
    ) {
        let fields = AnswerFields(number: rejectedCount, text: message)
        fields.append(to: &buffer, of: signal.responseMessage, as: encoding)
    }
}

extension Signal {
    var requestMessage: JSONMessage {
        switch self {
        case .traces: .tracesRequest
        case .metrics: .metricsRequest
        case .logs: .logsRequest
        }
    }

    fileprivate var responseMessage: JSONMessage {
        switch self {
        case .traces: .exportTraceResponse
        case .metrics: .exportMetricsResponse
        case .logs: .exportLogsResponse
        }
    }
}

/// A number in field 1 and a text in field 2: what both `Status` and the partial successes are.
/// The latter stand in field 1 of a message around them.
private struct AnswerFields {
    var number: Int64
    var text: String

    init(number: Int64, text: String) {
        self.number = number
        self.text = text
    }

    init(
        decoding body: RawSpan, of message: JSONMessage, as encoding: OTLPEncoding
    ) throws(OTLPError) {
        self.init(number: 0, text: "")
        switch encoding {
        case .protobuf: try read(body, message)
        case .json:
            let decoded: ByteBuffer
            do {
                decoded = try JSONDecoder.decode(body, as: message)
            } catch {
                throw .malformedJSON(error)
            }
            try read(decoded.bytes, message)
        }
    }

    private mutating func read(_ bytes: RawSpan, _ message: JSONMessage) throws(OTLPError) {
        do {
            try read(bytes, 0..<bytes.byteCount, isEnvelope: message != .rpcStatus)
        } catch {
            throw .malformed(error)
        }
    }

    private mutating func read(
        _ bytes: RawSpan, _ range: Range<Int>, isEnvelope: Bool
    ) throws(WireFailure) {
        let end = range.upperBound
        var cursor = WireCursor(bytes, at: range.lowerBound)
        while cursor.offset < end {
            let tag = try cursor.tag(before: end)
            if isEnvelope, tag == 1 << 3 | WireType.bytes {
                try read(bytes, cursor.payload(before: end), isEnvelope: false)
            } else if !isEnvelope, tag == 1 << 3 | WireType.varint {
                number = Int64(bitPattern: try cursor.varint(before: end))
            } else if !isEnvelope, tag == 2 << 3 | WireType.bytes {
                let payload = try cursor.payload(before: end).prefix(RPCStatus.messageSizeLimit)
                text = bytes.extracting(payload).withUnsafeBytes {
                    String(decoding: $0, as: UTF8.self)
                }
            } else {
                try cursor.skip(tag, before: end)
            }
        }
    }

    func append(
        to buffer: inout ByteBuffer, of message: JSONMessage, as encoding: OTLPEncoding
    ) {
        switch encoding {
        case .protobuf: appendProtobuf(to: &buffer, isEnvelope: message != .rpcStatus)
        case .json:
            var encoded = ByteBuffer()
            appendProtobuf(to: &encoded, isEnvelope: message != .rpcStatus)
            // otelcol writes members of messages always; here an empty one stays out.
            if encoded.isEmpty { return buffer.append("{}" as StaticString) }
            buffer.appendJSON(message, encoded.bytes)
        }
    }

    private func appendProtobuf(to buffer: inout ByteBuffer, isEnvelope: Bool) {
        if number == 0 && text.isEmpty { return }
        let mark = isEnvelope ? buffer.open(1 << 3 | WireType.bytes) : nil
        if number != 0 {
            buffer.appendField(1 << 3 | WireType.varint, varint: UInt64(bitPattern: number))
        }
        if !text.isEmpty { buffer.appendField(2 << 3 | WireType.bytes, string: text) }
        if let mark { buffer.close(mark) }
    }
}

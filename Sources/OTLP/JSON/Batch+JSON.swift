import Primitives

extension Batch {
    /// Reads an export request in OTLP/JSON, by way of its protobuf encoding.
    package init(json text: RawSpan, as signal: Signal) throws(OTLPError) {
        let body: Body
        do {
            body = try JSONDecoder.decode(text, as: signal.requestMessage).freeze()
        } catch {
            throw .malformedJSON(error)
        }
        try self.init(validating: body, as: signal)
    }

    /// Appends the batch as an export request in OTLP/JSON, in one line without a newline.
    ///
    /// Equal resources and scopes are merged, as in the protobuf encoding, whose bytes are read.
    package func appendJSON(to buffer: inout ByteBuffer) {
        let body = joined()
        buffer.appendJSON(signal.requestMessage, body.bytes)
    }
}

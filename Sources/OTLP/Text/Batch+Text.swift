import Primitives

/// How much of a batch its text shows.
package enum TextDetail: Sendable {
    /// A line for each record, with its attributes.
    case normal
    /// Everything, a line for each field.
    case detailed
}

extension Batch {
    /// Appends the batch as text for people, in the form of otelcol's `debug` exporter (v0.159).
    /// Every line ends with a newline.
    ///
    /// Equal resources and scopes are merged, as in the protobuf encoding, whose bytes are read.
    /// The form is for looking at, not for parsing; otelcol calls it unstable too.
    package func appendText(_ detail: TextDetail, to buffer: inout ByteBuffer) {
        let body = joined()
        var own = ByteBuffer()
        swap(&own, &buffer)
        var writer = TextWriter(body.bytes, appendingTo: own)
        switch detail {
        case .normal: writer.normal(signal)
        case .detailed: writer.detailed(signal)
        }
        buffer = writer.finish()
    }
}

/// The two encodings of OTLP/HTTP, for requests and answers.
package enum OTLPEncoding: Sendable, CaseIterable {
    case protobuf, json

    /// The value of `Content-Type`.
    package var mediaType: String {
        switch self {
        case .protobuf: "application/x-protobuf"
        case .json: "application/json"
        }
    }
}

/// The two encodings of OTLP/HTTP, for requests and answers.
package enum OTLPEncoding: Sendable, CaseIterable {
    case protobuf, json

    /// The encoding a Content-Type names, in any case; parameters such as `charset` are ignored.
    package init?(contentType: String) {
        let mediaType = contentType.prefix { $0 != ";" }.filter { $0 != " " && $0 != "\t" }
        let match = Self.allCases.first { $0.mediaType == mediaType.lowercased() }
        guard let match else { return nil }
        self = match
    }

    /// The value of `Content-Type`.
    package var mediaType: String {
        switch self {
        case .protobuf: "application/x-protobuf"
        case .json: "application/json"
        }
    }
}

/// How a body is compressed, by the names of HTTP's `Content-Encoding` (RFC 9110 §8.4.1).
///
/// `deflate` and `zlib` are two names of one format, RFC 1950; raw deflate is refused, as
/// otelcol does.
package enum ContentCoding: String, Sendable, CaseIterable {
    case identity, gzip, deflate, zlib, zstd

    /// The coding a header names, or `nil` for an unknown one and for a list of several.
    ///
    /// Names are case-insensitive, and `x-gzip` is `gzip` (RFC 9110 §8.4.1.3). An empty value,
    /// which some proxies leave behind, is `identity`.
    package init?(headerValue: String) {
        let words = headerValue.lowercased().split { $0 == " " || $0 == "\t" }
        guard words.count <= 1 else { return nil }
        switch words.first {
        case nil: self = .identity
        case "x-gzip": self = .gzip
        case let name?: self.init(rawValue: String(name))
        }
    }
}

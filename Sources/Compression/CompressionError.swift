/// Why bytes could not be decompressed, or a compression level not be used.
package enum CompressionError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The decompressed form is larger than the caller allows. Nothing beyond the limit was kept.
    case outputTooLarge(limit: Int)
    /// The bytes are not what the coding says.
    case corrupt(ContentCoding, reason: String)
    /// The bytes end before the compressed data does.
    case truncated(ContentCoding)
    /// The coding has no such level.
    case invalidLevel(ContentCoding, level: Int)

    package var description: String {
        switch self {
        case .outputTooLarge(let limit):
            "the body is larger than \(limit) bytes when decompressed; send smaller batches"
        case .corrupt(let coding, let reason):
            "the body is not valid \(coding.rawValue): \(reason)"
        case .truncated(let coding):
            "the \(coding.rawValue) body ends before its compressed data does"
        case .invalidLevel(let coding, let level):
            """
            \(coding.rawValue) has no compression level \(level); \
            \(CompressionLevels(coding).description)
            """
        }
    }
}

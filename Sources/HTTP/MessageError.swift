/// Why bytes are not an acceptable HTTP message (RFC 9112), and what a server answers.
///
/// After any of these the place where the next message starts is unknown or not to be trusted, so
/// the connection is closed.
package enum MessageError: Error, Hashable, Sendable {
    case startLineTooLong(limit: Int)
    case tooManyEmptyLines(limit: Int)
    case malformedRequestLine
    case malformedMethod
    case malformedTarget
    case connectNotImplemented
    case malformedVersion
    case unsupportedVersion
    case malformedStatusLine

    case bareLineFeed
    case foldedHeader
    case malformedHeaderName
    case malformedHeaderValue
    case headerLineTooLong(limit: Int)
    case headersTooLarge(limit: Int)
    case tooManyHeaders(limit: Int)

    case missingHost
    case repeatedHost
    case malformedHost
    case malformedContentLength
    case differingContentLengths
    case contentLengthWithTransferEncoding
    case malformedTransferEncoding
    case unknownTransferCoding
    case transferEncodingInVersion10
    case unknownExpectation

    case bodyTooLarge(limit: Int)
    case malformedChunkSize
    case malformedChunkEnd
    case chunkLineTooLong(limit: Int)
    case chunkExtensionsTooLarge(limit: Int)
    case trailersTooLarge(limit: Int)

    case unexpectedUpgrade
    case tooManyInterimResponses(limit: Int)

    /// What a server answers before it closes the connection.
    package var status: Status {
        switch self {
        case .startLineTooLong: .uriTooLong
        case .connectNotImplemented, .unknownTransferCoding: .notImplemented
        case .unsupportedVersion: .versionNotSupported
        case .headerLineTooLong, .headersTooLarge, .tooManyHeaders, .trailersTooLarge:
            .headerFieldsTooLarge
        case .unknownExpectation: .expectationFailed
        case .bodyTooLarge: .contentTooLarge
        default: .badRequest
        }
    }
}

extension MessageError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .startLineTooLong(let limit): "first line is longer than \(limit) bytes"
        case .tooManyEmptyLines(let limit): "more than \(limit) empty lines precede the message"
        case .malformedRequestLine: "request line is not 'method target version'"
        case .malformedMethod: "request line: the method is not a token"
        case .malformedTarget: "request line: the target is neither a path nor an http URL"
        case .connectNotImplemented: "request line: CONNECT is not implemented; this is no proxy"
        case .malformedVersion: "first line: the version is not of the form HTTP/1.1"
        case .unsupportedVersion: "first line: the version is not HTTP/1.0 or HTTP/1.1"
        case .malformedStatusLine: "status line is not 'HTTP/1.1 code reason'"
        default: fieldDescription
        }
    }

    private var fieldDescription: String {
        switch self {
        case .bareLineFeed: "a line ends in LF, expected CR LF"
        case .foldedHeader: "a header line starts with a blank; folded headers are not accepted"
        case .malformedHeaderName: "a header's name is not a token directly followed by ':'"
        case .malformedHeaderValue: "a header's value has a control character"
        case .headerLineTooLong(let limit): "a header line is longer than \(limit) bytes"
        case .headersTooLarge(let limit): "headers are larger than \(limit) bytes"
        case .tooManyHeaders(let limit): "there are more than \(limit) headers"
        case .missingHost: "Host is missing, which HTTP/1.1 requires"
        case .repeatedHost: "Host is there more than once"
        case .malformedHost: "Host is not of the form host:port"
        case .malformedContentLength: "Content-Length is not a number"
        case .differingContentLengths: "Content-Length is there twice with different values"
        case .contentLengthWithTransferEncoding:
            "Content-Length and Transfer-Encoding are both there, expected one of them"
        default: bodyDescription
        }
    }

    private var bodyDescription: String {
        switch self {
        case .malformedTransferEncoding: "Transfer-Encoding does not end in 'chunked', once"
        case .unknownTransferCoding: "Transfer-Encoding has a coding other than 'chunked'"
        case .transferEncodingInVersion10: "Transfer-Encoding is not part of HTTP/1.0"
        case .unknownExpectation: "Expect is not '100-continue'"
        case .bodyTooLarge(let limit): "body is larger than \(limit) bytes"
        case .malformedChunkSize: "a chunk's size is not a hexadecimal number"
        case .malformedChunkEnd: "a chunk does not end in CR LF"
        case .chunkLineTooLong(let limit): "a chunk's size line is longer than \(limit) bytes"
        case .chunkExtensionsTooLarge(let limit): "chunk extensions exceed \(limit) bytes"
        case .trailersTooLarge(let limit): "trailers are larger than \(limit) bytes"
        case .unexpectedUpgrade: "status is 101, but no upgrade was asked for"
        case .tooManyInterimResponses(let limit): "more than \(limit) interim responses came"
        default: "message is malformed"
        }
    }
}

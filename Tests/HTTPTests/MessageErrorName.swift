@testable import HTTP

extension MessageError {
    /// The case's name alone, for tables.
    var name: String {
        switch self {
        case .startLineTooLong: "startLineTooLong"
        case .tooManyEmptyLines: "tooManyEmptyLines"
        case .malformedRequestLine: "malformedRequestLine"
        case .malformedMethod: "malformedMethod"
        case .malformedTarget: "malformedTarget"
        case .connectNotImplemented: "connectNotImplemented"
        case .malformedVersion: "malformedVersion"
        case .unsupportedVersion: "unsupportedVersion"
        case .malformedStatusLine: "malformedStatusLine"
        case .bareLineFeed: "bareLineFeed"
        case .foldedHeader: "foldedHeader"
        case .malformedHeaderName: "malformedHeaderName"
        case .malformedHeaderValue: "malformedHeaderValue"
        case .headerLineTooLong: "headerLineTooLong"
        case .headersTooLarge: "headersTooLarge"
        case .tooManyHeaders: "tooManyHeaders"
        case .missingHost: "missingHost"
        case .repeatedHost: "repeatedHost"
        case .malformedHost: "malformedHost"
        case .malformedContentLength: "malformedContentLength"
        case .differingContentLengths: "differingContentLengths"
        case .contentLengthWithTransferEncoding: "contentLengthWithTransferEncoding"
        case .malformedTransferEncoding: "malformedTransferEncoding"
        case .unknownTransferCoding: "unknownTransferCoding"
        case .transferEncodingInVersion10: "transferEncodingInVersion10"
        case .unknownExpectation: "unknownExpectation"
        case .bodyTooLarge: "bodyTooLarge"
        case .malformedChunkSize: "malformedChunkSize"
        case .malformedChunkEnd: "malformedChunkEnd"
        case .chunkLineTooLong: "chunkLineTooLong"
        case .chunkExtensionsTooLarge: "chunkExtensionsTooLarge"
        case .trailersTooLarge: "trailersTooLarge"
        case .unexpectedUpgrade: "unexpectedUpgrade"
        case .tooManyInterimResponses: "tooManyInterimResponses"
        }
    }
}

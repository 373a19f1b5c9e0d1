import Primitives

/// The bytes of a string, or bytes: a range of the subject's body if they stand there, so that
/// nothing is copied, or bytes of its own.
///
/// Strings are what Go calls so: any bytes, nearly always UTF-8.
package enum Text: Sendable {
    case inBody(Range<Int>)
    case own([UInt8])

    package init(_ string: String) {
        self = .own(Array(string.utf8))
    }

    package init(copying bytes: RawSpan) {
        self = .own(bytes.withUnsafeBytes { [UInt8]($0) })
    }

    /// How many bytes there are.
    package var count: Int {
        switch self {
        case .inBody(let range): range.count
        case .own(let bytes): bytes.count
        }
    }
}

extension RawSpan {
    /// Calls `use` with the bytes of a text that stands in this body, or has its own.
    package func withBytes<Result, Failure: Error>(
        of text: Text, _ use: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        switch text {
        case .inBody(let range): try use(extracting(range))
        case .own(let bytes): try use(bytes.span.bytes)
        }
    }

    /// A copy of the bytes of a text.
    package func copy(of text: Text) -> [UInt8] {
        switch text {
        case .inBody(let range): extracting(range).withUnsafeBytes { [UInt8]($0) }
        case .own(let bytes): bytes
        }
    }
}

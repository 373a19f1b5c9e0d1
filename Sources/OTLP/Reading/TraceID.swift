/// The sixteen bytes that the spans of a trace share, as two big-endian numbers.
package struct TraceID: Hashable, Sendable {
    package var high: UInt64
    package var low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The id in sixteen bytes of which the first is the most significant one.
    @inline(__always)
    init(_ cursor: borrowing WireCursor, at offset: Int) {
        high = cursor.word(at: offset).byteSwapped
        low = cursor.word(at: offset &+ 8).byteSwapped
    }

    /// Not an id according to W3C Trace Context.
    package var isZero: Bool { high | low == 0 }
}

extension TraceID: CustomStringConvertible {
    /// 32 lower-case hexadecimal digits.
    package var description: String { Self.hexadecimal(high) + Self.hexadecimal(low) }

    private static func hexadecimal(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }
}

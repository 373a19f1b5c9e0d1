/// The sixteen bytes that the spans of a trace share, as two big-endian numbers.
@usableFromInline package struct TraceID: Hashable, Sendable {
    @usableFromInline package var high: UInt64
    @usableFromInline package var low: UInt64

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

    /// 32 hexadecimal digits, of either case.
    package init?(hexadecimal text: String) {
        let digits = Array(text.utf8)
        let areDigits = digits.allSatisfy {
            ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x66) || ($0 >= 0x30 && $0 <= 0x39)
        }
        guard digits.count == 32, areDigits,
            let high = UInt64(text.prefix(16), radix: 16),
            let low = UInt64(text.suffix(16), radix: 16)
        else { return nil }
        self.init(high: high, low: low)
    }

    @inlinable @inline(__always)
    package static func == (left: TraceID, right: TraceID) -> Bool {
        left.high == right.high && left.low == right.low
    }

    /// Not an id according to W3C Trace Context.
    package var isZero: Bool { high | low == 0 }
}

extension TraceID: CustomStringConvertible {
    /// 32 lower-case hexadecimal digits.
    @usableFromInline
    package var description: String { Self.hexadecimal(high) + Self.hexadecimal(low) }

    private static func hexadecimal(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }
}

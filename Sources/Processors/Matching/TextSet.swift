import OTLP
import Primitives
import RegularExpressions

/// What a text is compared with: whole texts, or regular expressions that match anywhere in it.
/// One of them has to fit.
enum TextSet: Sendable {
    case texts(SortedTexts)
    case patterns([Pattern])

    func contains(_ text: RawSpan) -> Bool {
        switch self {
        case .texts(let texts): return texts.contains(text)
        case .patterns(let patterns):
            for pattern in patterns where pattern.matches(text) { return true }
            return false
        }
    }

    func contains(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return contains(bytes.span.bytes)
    }
}

extension TextSet {
    /// Whether a value's text is among them. Without an allocation for texts, bools and integers.
    ///
    /// - Parameter isTyped: Whether the value is an attribute's: then lists, maps and bytes fit
    ///   nothing and numbers have no exponent. Otherwise every value has a text.
    func contains(textOf value: borrowing AnyValue, isTyped: Bool) -> Bool {
        switch value.kind {
        case .string: return contains(value.bytes)
        case .bool:
            return contains(value.bool == true ? Self.true.span.bytes : Self.false.span.bytes)
        case .int:
            let digits = DecimalDigits(value.int ?? 0)
            return contains(digits.bytes)
        case .double:
            var text = ByteBuffer(capacity: 32)
            let number = value.double ?? 0
            isTyped ? text.appendPositional(number) : value.appendText(to: &text)
            return contains(text.bytes)
        case .empty, .array, .keyValueList, .bytes:
            if isTyped { return false }
            var text = ByteBuffer()
            value.appendText(to: &text)
            return contains(text.bytes)
        }
    }

    private static let `true` = Array("true".utf8)
    private static let `false` = Array("false".utf8)
}

/// Texts in one piece of memory, ordered by size and then by their bytes.
struct SortedTexts: Sendable {
    private let bytes: [UInt8]
    /// Where each text starts, and where the last one ends.
    private let bounds: [Int]

    init(_ texts: [String]) {
        let sorted = Set(texts).map { Array($0.utf8) }.sorted { left, right in
            left.count == right.count
                ? left.lexicographicallyPrecedes(right) : left.count < right.count
        }
        bytes = Array(sorted.joined())
        var bounds = [0]
        for text in sorted { bounds.append((bounds.last ?? 0) + text.count) }
        self.bounds = bounds
    }

    func contains(_ text: RawSpan) -> Bool {
        let all = bytes.span.bytes
        var low = 0
        var high = bounds.count &- 1
        while low < high {
            let middle = (low &+ high) / 2
            let candidate = all.extracting(bounds[middle]..<bounds[middle &+ 1])
            let order = Self.order(candidate, text)
            if order == 0 { return true }
            if order < 0 { low = middle &+ 1 } else { high = middle }
        }
        return false
    }

    /// Negative if `left` comes first, 0 if they are equal.
    private static func order(_ left: RawSpan, _ right: RawSpan) -> Int {
        let sizes = left.byteCount &- right.byteCount
        if sizes != 0 { return sizes }
        for offset in 0..<left.byteCount {
            let first = left.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
            let second = right.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
            if first != second { return first < second ? -1 : 1 }
        }
        return 0
    }
}

/// The decimal digits of an integer, without an allocation.
struct DecimalDigits {
    private var digits = InlineArray<20, UInt8>(repeating: 0)
    /// The digits are at the end.
    private var start = 20

    init(_ value: Int64) {
        var rest = value.magnitude
        repeat {
            start &-= 1
            digits[start] = UInt8(truncatingIfNeeded: rest % 10) | 0x30
            rest /= 10
        } while rest > 0
        if value < 0 {
            start &-= 1
            digits[start] = UInt8(ascii: "-")
        }
    }

    var bytes: RawSpan {
        @_lifetime(borrow self)
        get { digits.span.bytes.extracting(start..<20) }
    }
}

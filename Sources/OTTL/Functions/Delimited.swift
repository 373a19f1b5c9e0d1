import Primitives

/// Text with quotation marks that hide delimiters.
enum QuotedText {
    /// What stands between the delimiters, without the marks; empty pieces are left out. Both kinds
    /// of marks hide everything up to the next one of their kind.
    static func pieces(
        of text: [UInt8], between delimiter: [UInt8]
    ) throws(EvaluationError) -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        var piece: [UInt8] = []
        var mark: UInt8?
        var offset = 0
        while offset < text.count {
            let byte = text[offset]
            if mark == nil, byte == delimiter[0], text[offset...].starts(with: delimiter) {
                if !piece.isEmpty { pieces.append(piece) }
                piece = []
                offset += delimiter.count
                continue
            }
            if mark == nil, byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                mark = byte
            } else if byte == mark {
                mark = nil
            } else {
                piece.append(byte)
            }
            offset += 1
        }
        guard mark == nil else { throw .failed("a quotation has no end") }
        if !piece.isEmpty { pieces.append(piece) }
        return pieces
    }

    /// With marks around it if it has a delimiter in it, and a backslash before marks.
    static func quoted(_ text: [UInt8], _ inner: [UInt8], _ outer: [UInt8]) -> [UInt8] {
        var escaped: [UInt8] = []
        for byte in text {
            if byte == UInt8(ascii: "\"") { escaped.append(UInt8(ascii: "\\")) }
            escaped.append(byte)
        }
        let bytes = escaped.span.bytes
        let hasDelimiter =
            bytes.firstOffset(of: inner.span.bytes) != nil
            || bytes.firstOffset(of: outer.span.bytes) != nil
        guard hasDelimiter else { return escaped }
        return [UInt8(ascii: "\"")] + escaped + [UInt8(ascii: "\"")]
    }
}

/// One row of comma-separated values. (RFC 4180, as Go's encoding/csv reads it, but with lines that
/// belong together joined to one row.)
enum CSVRow {
    enum Mode: String, Sendable {
        case strict
        /// A mark may stand anywhere in a field.
        case lazyQuotes
        /// Marks are characters like others.
        case ignoreQuotes
    }

    static func fields(
        of text: [UInt8], delimiter: [UInt8], mode: Mode
    ) throws(EvaluationError) -> [[UInt8]] {
        if mode == .ignoreQuotes {
            return text.span.bytes.pieces(between: delimiter.span.bytes).map { Array(text[$0]) }
        }
        var reader = CSVReader(text, delimiter, isLazy: mode == .lazyQuotes)
        var row: [[UInt8]] = []
        while var line = try reader.next() {
            if var last = row.popLast() {
                // A line that ends within a field is continued by the next one.
                last.append(UInt8(ascii: "\n"))
                line[0] = last + line[0]
            }
            row += line
        }
        guard !row.isEmpty else { throw .failed("an empty string is no row") }
        return row
    }
}

/// Reads records of comma-separated values, one after the other.
private struct CSVReader {
    private static let mark = UInt8(ascii: "\"")

    private let text: [UInt8]
    private let delimiter: [UInt8]
    private let isLazy: Bool
    private var offset = 0

    init(_ text: [UInt8], _ delimiter: [UInt8], isLazy: Bool) {
        self.text = text
        self.delimiter = delimiter
        self.isLazy = isLazy
    }

    mutating func next() throws(EvaluationError) -> [[UInt8]]? {
        while takeLineEnd() {}
        guard offset < text.count else { return nil }
        var fields: [[UInt8]] = []
        repeat {
            let isQuoted = offset < text.count && text[offset] == Self.mark
            fields.append(isQuoted ? try quoted() : try plain())
        } while takeDelimiter()
        _ = takeLineEnd()
        return fields
    }

    private var isAtDelimiter: Bool { text[offset...].starts(with: delimiter) }

    private var lineEndCount: Int {
        if offset < text.count, text[offset] == 0x0A { return 1 }
        return text[offset...].starts(with: [0x0D, 0x0A]) ? 2 : 0
    }

    private mutating func takeDelimiter() -> Bool {
        guard isAtDelimiter else { return false }
        offset += delimiter.count
        return true
    }

    private mutating func takeLineEnd() -> Bool {
        let count = lineEndCount
        offset += count
        return count > 0
    }

    private mutating func plain() throws(EvaluationError) -> [UInt8] {
        let start = offset
        while offset < text.count, lineEndCount == 0, !isAtDelimiter {
            guard isLazy || text[offset] != Self.mark else {
                throw .failed("a field that is not quoted has a quotation mark in it")
            }
            offset += 1
        }
        return Array(text[start..<offset])
    }

    private mutating func quoted() throws(EvaluationError) -> [UInt8] {
        var field: [UInt8] = []
        offset += 1
        while offset < text.count {
            let byte = text[offset]
            offset += 1
            guard byte == Self.mark else {
                field.append(byte)
                continue
            }
            if offset == text.count || isAtDelimiter || lineEndCount > 0 { return field }
            if text[offset] == Self.mark {
                offset += 1
            } else if !isLazy {
                throw .failed("a quoted field goes on behind its end")
            }
            field.append(Self.mark)
        }
        guard isLazy else { throw .failed("a quoted field has no end") }
        return field
    }
}

/// Integers as Go's `strconv.ParseInt` reads them.
enum GoInteger {
    /// In base 0 a prefix tells the base, and underscores may stand between digits.
    static func parsed(_ text: [UInt8], base: Int64) -> Int64? {
        var digits = text[...]
        let isNegative = digits.first == UInt8(ascii: "-")
        if isNegative || digits.first == UInt8(ascii: "+") { digits.removeFirst() }
        var radix = base
        if base == 0 {
            guard hasUnderscoresBetweenDigits(digits) else { return nil }
            radix = takePrefix(from: &digits)
            digits = digits.filter { $0 != UInt8(ascii: "_") }[...]
        }
        guard let first = digits.first, first != UInt8(ascii: "+"), first != UInt8(ascii: "-"),
            let magnitude = UInt64(
                String(decoding: digits, as: UTF8.self), radix: Int(truncatingIfNeeded: radix))
        else { return nil }
        if !isNegative { return Int64(exactly: magnitude) }
        return magnitude <= 1 << 63 ? Int64(truncatingIfNeeded: 0 &- magnitude) : nil
    }

    private static func takePrefix(from digits: inout ArraySlice<UInt8>) -> Int64 {
        guard digits.first == UInt8(ascii: "0"), digits.count > 1 else { return 10 }
        let letter = digits[digits.startIndex + 1].lowercased
        let radices: [UInt8: Int64] = [
            UInt8(ascii: "b"): 2, UInt8(ascii: "o"): 8, UInt8(ascii: "x"): 16,
        ]
        guard let radix = radices[letter], digits.count > 2 else {
            digits.removeFirst()
            return 8
        }
        digits.removeFirst(2)
        return radix
    }

    /// Each underscore has a digit, or a prefix, before it and a digit behind it.
    private static func hasUnderscoresBetweenDigits(_ digits: ArraySlice<UInt8>) -> Bool {
        let underscore = UInt8(ascii: "_")
        guard digits.first != underscore, digits.last != underscore else { return false }
        return !zip(digits, digits.dropFirst()).contains { $0 == underscore && $1 == underscore }
    }
}

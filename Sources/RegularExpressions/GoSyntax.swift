/// What Go's regexp package accepts and RE2 does not: groups named without a P, `(?<name>…)`, which
/// RE2 knows since 2023.
enum GoSyntax {
    /// The pattern as RE2 wants it. What stands in a class, behind a backslash or between `\Q` and
    /// `\E` is text.
    static func translated(_ pattern: String) -> String {
        guard pattern.utf8.contains(UInt8(ascii: "<")) else { return pattern }
        let source = Array(pattern.utf8)
        var result: [UInt8] = []
        var scanner = PatternScanner(source)
        while let piece = scanner.next() {
            result.append(contentsOf: source[piece])
            guard source[piece].elementsEqual("(".utf8),
                source[piece.upperBound...].starts(with: "?<".utf8)
            else { continue }
            result.append(contentsOf: "?P".utf8)
            scanner.skip(1)
        }
        return String(decoding: result, as: UTF8.self)
    }
}

/// Cuts a pattern into bytes that mean something and whole runs that are only text: escapes,
/// quotations and classes.
struct PatternScanner {
    private let source: [UInt8]
    private var offset = 0

    init(_ source: [UInt8]) { self.source = source }

    mutating func skip(_ count: Int) { offset += count }

    mutating func next() -> Range<Int>? {
        guard offset < source.count else { return nil }
        let start = offset
        switch source[start] {
        case UInt8(ascii: "\\"): skipEscape()
        case UInt8(ascii: "["): skipClass()
        default: offset += 1
        }
        offset = min(offset, source.count)
        return start..<offset
    }

    private mutating func skipEscape() {
        let isQuotation = source[offset...].starts(with: "\\Q".utf8)
        offset += 2
        guard isQuotation else { return }
        while offset < source.count, !source[offset...].starts(with: "\\E".utf8) { offset += 1 }
        offset += 2
    }

    /// A `]` directly behind the `[` is an element, and so is everything in `[:…:]`.
    private mutating func skipClass() {
        offset += 1
        if offset < source.count, source[offset] == UInt8(ascii: "^") { offset += 1 }
        if offset < source.count, source[offset] == UInt8(ascii: "]") { offset += 1 }
        while offset < source.count, source[offset] != UInt8(ascii: "]") {
            if source[offset] == UInt8(ascii: "\\") {
                offset += 2
            } else if source[offset...].starts(with: "[:".utf8), let end = endOfNamedClass() {
                offset = end
            } else {
                offset += 1
            }
        }
        offset += 1
    }

    private func endOfNamedClass() -> Int? {
        var end = offset + 2
        while end + 1 < source.count, source[end] != UInt8(ascii: ":") {
            guard UInt8(ascii: "a")...UInt8(ascii: "z") ~= source[end] || source[end] == 0x5E
            else { return nil }
            end += 1
        }
        return end + 1 < source.count && source[end + 1] == UInt8(ascii: "]") ? end + 2 : nil
    }
}

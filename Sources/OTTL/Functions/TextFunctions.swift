import Primitives
import RegularExpressions

/// Cutting strings and putting them together. Parts of a string of the record are not copied.
enum TextFunctions {
    static let all: [Function] = [
        Function(
            "Concat", [Parameter("vals", .listOf(.stringLike)), Parameter("delimiter", .string)],
            concatenate),
        Function("Split", [.target(.string), Parameter("delimiter", .string)], split),
        Function(
            "Substring",
            [
                .target(.string), Parameter("start", .int), Parameter("length", .int),
                .option("utf8_safe", .bool, default: .bool(false)),
            ], substring),
        Function("HasPrefix", [.target(.string), Parameter("prefix", .string)]) {
            .bool(hasPrefix($0))
        },
        Function("HasSuffix", [.target(.string), Parameter("suffix", .string)]) {
            .bool(hasSuffix($0))
        },
        Function("TrimPrefix", [.target(.string), Parameter("prefix", .string)]) { arguments in
            guard hasPrefix(arguments) else { return arguments[0] }
            let text = arguments.text(0)
            return .string(text.part(arguments.text(1).count..<text.count))
        },
        Function("TrimSuffix", [.target(.string), Parameter("suffix", .string)]) { arguments in
            guard hasSuffix(arguments) else { return arguments[0] }
            let text = arguments.text(0)
            return .string(text.part(0..<text.count - arguments.text(1).count))
        },
        Function(
            "Trim", [.target(.string), .option("replacement", default: .string(" "))], trim),
        Function("Index", [Parameter("source", .any), Parameter("value", .any)], index),
    ]

    private static func concatenate(_ arguments: borrowing Arguments) -> Value {
        var result: [UInt8] = []
        let delimiter = arguments.bytes(1)
        for (index, value) in arguments.list(0).enumerated() {
            if index > 0 { result.append(contentsOf: delimiter) }
            switch value {
            case .string(let text):
                arguments.body.withBytes(of: text) { bytes in
                    bytes.withUnsafeBytes { result.append(contentsOf: $0) }
                }
            default: result.append(contentsOf: "<nil>".utf8)
            }
        }
        return .string(result)
    }

    private static func split(_ arguments: borrowing Arguments) -> Value {
        let text = arguments.text(0)
        let ranges = arguments.withBytes(0) { bytes in
            arguments.withBytes(1) { bytes.pieces(between: $0) }
        }
        return .list(.own(ranges.map { .string(text.part($0)) }))
    }

    private static func substring(
        _ arguments: borrowing Arguments
    ) throws(EvaluationError) -> Value {
        let text = arguments.text(0)
        let start = arguments.int(1)
        let length = arguments.int(2)
        guard start >= 0 else { throw .failed("the start of a substring cannot be negative") }
        guard length > 0 else { throw .failed("the length of a substring has to be positive") }
        guard start <= text.count, length <= Int64(text.count) - start else {
            throw .failed(
                "a substring of \(length) bytes from byte \(start) reaches beyond the string's "
                    + "\(text.count) bytes")
        }
        let range = Int(start)..<Int(start + length)
        guard arguments.bool(3) else { return .string(text.part(range)) }
        return .string(text.part(arguments.withBytes(0) { $0.wholeCharacters(in: range) }))
    }

    private static func hasPrefix(_ arguments: borrowing Arguments) -> Bool {
        arguments.withBytes(0) { text in
            arguments.withBytes(1) { part in
                text.byteCount >= part.byteCount
                    && text.extracting(first: part.byteCount).hasSameBytes(as: part)
            }
        }
    }

    private static func hasSuffix(_ arguments: borrowing Arguments) -> Bool {
        arguments.withBytes(0) { text in
            arguments.withBytes(1) { part in
                text.byteCount >= part.byteCount
                    && text.extracting(last: part.byteCount).hasSameBytes(as: part)
            }
        }
    }

    /// Takes the characters of a set from both ends.
    private static func trim(_ arguments: borrowing Arguments) -> Value {
        let text = arguments.text(0)
        let unwanted = arguments.bytes(1)
        guard unwanted.allSatisfy({ $0 < 0x80 }) else { return .string(trimScalars(arguments)) }
        let range = arguments.withBytes(0) { bytes in
            var start = 0
            var end = bytes.byteCount
            while start < end, unwanted.contains(bytes.byte(start)) { start += 1 }
            while end > start, unwanted.contains(bytes.byte(end - 1)) { end -= 1 }
            return start..<end
        }
        return .string(text.part(range))
    }

    private static func trimScalars(_ arguments: borrowing Arguments) -> String {
        let unwanted = Set(arguments.string(1).unicodeScalars)
        var scalars = Substring(arguments.string(0)).unicodeScalars
        while let first = scalars.first, unwanted.contains(first) { scalars.removeFirst() }
        while let last = scalars.last, unwanted.contains(last) { scalars.removeLast() }
        return String(scalars)
    }

    private static func index(
        _ arguments: borrowing Arguments
    ) throws(EvaluationError) -> Value {
        switch (arguments[0], arguments[1]) {
        case (.string, .string):
            let offset = arguments.withBytes(0) { text in
                arguments.withBytes(1) { text.firstOffset(of: $0) }
            }
            return .int(Int64(offset ?? -1))
        case (.list, _):
            let body = arguments.body
            let position = arguments.list(0).firstIndex { body.holds(.equal, $0, arguments[1]) }
            return .int(Int64(position ?? -1))
        case (.string, let value):
            throw .mismatch(expected: "a string to look for in a string", found: value.kind)
        default:
            throw .mismatch(expected: "a string or a list", found: arguments[0].kind)
        }
    }
}

extension RawSpan {
    func byte(_ offset: Int) -> UInt8 { unsafeLoad(fromByteOffset: offset, as: UInt8.self) }

    /// What stands between the delimiters; between all characters if the delimiter is empty.
    func pieces(between delimiter: RawSpan) -> [Range<Int>] {
        guard delimiter.byteCount > 0 else { return characters() }
        var ranges: [Range<Int>] = []
        var start = 0
        while let end = firstOffset(of: delimiter, from: start) {
            ranges.append(start..<end)
            start = end + delimiter.byteCount
        }
        ranges.append(start..<byteCount)
        return ranges
    }

    private func characters() -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var start = 0
        while start < byteCount {
            var end = start + 1
            if byte(start) >= 0xC0 {
                while end < byteCount, end < start + 4, byte(end) & 0xC0 == 0x80 { end += 1 }
            }
            ranges.append(start..<end)
            start = end
        }
        return ranges
    }

    /// The range without the parts of characters at its ends.
    func wholeCharacters(in range: Range<Int>) -> Range<Int> {
        var start = range.lowerBound
        var end = range.upperBound
        while start < byteCount, byte(start) & 0xC0 == 0x80 { start += 1 }
        while end > 0, end < byteCount, byte(end) & 0xC0 == 0x80 { end -= 1 }
        return start < end ? start..<end : start..<start
    }
}

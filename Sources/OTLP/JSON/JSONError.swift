/// Why a JSON text was refused, and where.
///
/// `description` reads `line:column: path: what is wrong`; the column counts bytes from 1.
package struct JSONError: Error, Equatable, CustomStringConvertible {
    /// What is wrong at the place.
    package enum Problem: Equatable, Sendable {
        case tooLarge(limit: Int)
        case byteOrderMark
        case endOfInput(expected: Expectation)
        case unexpected(byte: UInt8, expected: Expectation)
        case trailingBytes
        case invalidUTF8
        case controlCharacter(UInt8)
        case invalidEscape
        case loneSurrogate
        case malformedNumber
        case numberTooLong(limit: Int)
        case numberOutOfRange(NumberType)
        case notIntegral
        case wrongIDLength(digits: Int, expected: Int)
        case notHexadecimal(UInt8)
        case notBase64
        case unknownEnumName
        case nestedTooDeep(limit: Int)
    }

    /// What would have been right in the place of something else.
    package enum Expectation: String, Sendable {
        case object = "an object"
        case array = "an array"
        case string = "a string"
        case number = "a number"
        case numberOrString = "a number or a string with a number"
        case enumeration = "a number or a name of the enumeration"
        case bool = "true or false"
        case literal = "true, false or null"
        case value = "a value"
        case key = "a key in double quotes"
        case colon = "':'"
        case commaOrBrace = "',' or '}'"
        case commaOrBracket = "',' or ']'"
        case closingQuote = "the closing quote"
    }

    /// The type a number has to fit.
    package enum NumberType: String, Sendable {
        case int32 = "a signed 32-bit integer"
        case uint32 = "an unsigned 32-bit integer"
        case int64 = "a signed 64-bit integer"
        case uint64 = "an unsigned 64-bit integer"
        case double = "a 64-bit floating-point number"
    }

    package let problem: Problem
    /// From 1.
    package let line: Int
    /// From 1, in bytes.
    package let column: Int
    /// The keys and indices that lead to the place, such as `resourceSpans[0].schemaUrl`; empty for
    /// the outermost value.
    package let path: String

    package var description: String {
        "\(line):\(column): \(path.isEmpty ? "" : "\(path): ")\(problem)"
    }
}

extension JSONError.Problem: CustomStringConvertible {
    package var description: String {
        switch self {
        case .tooLarge(let limit): "the text is larger than \(limit) bytes"
        case .byteOrderMark: "a byte order mark, expected plain UTF-8 without one"
        case .endOfInput(let expected): "the text ends, expected \(expected.rawValue)"
        case .unexpected(let byte, let expected):
            "\(Self.quoted(byte)), expected \(expected.rawValue)"
        case .trailingBytes: "something follows the value, expected the end of the text"
        case .invalidUTF8: "a byte that is not UTF-8"
        case .controlCharacter(let byte):
            "the control character \(Self.quoted(byte)) in a string, expected an escape"
        case .invalidEscape: "an escape that JSON does not know"
        case .loneSurrogate: "half of a surrogate pair, expected both halves"
        case .malformedNumber: "not a number"
        case .numberTooLong(let limit): "a number of more than \(limit) characters"
        case .numberOutOfRange(let type): "a number that does not fit \(type.rawValue)"
        case .notIntegral: "a number with a fraction, expected an integer"
        case .wrongIDLength(let digits, let expected):
            "\(digits) hexadecimal digits, expected \(expected)"
        case .notHexadecimal(let byte): "\(Self.quoted(byte)), expected a hexadecimal digit"
        case .notBase64: "a string that is not base64"
        case .unknownEnumName: "a name that the enumeration does not have"
        case .nestedTooDeep(let limit): "values are nested more than \(limit) deep"
        }
    }

    private static func quoted(_ byte: UInt8) -> String {
        switch byte {
        case 0x21...0x7e: return "'\(Unicode.Scalar(byte))'"
        default:
            let digits = String(byte, radix: 16)
            return "byte 0x\(digits.count < 2 ? "0" : "")\(digits)"
        }
    }
}

/// What the parser throws: cheap to make and to pass up. `JSONError` adds line, column and path,
/// which are found by reading the text once more.
struct JSONFailure: Error, Equatable {
    let problem: JSONError.Problem
    /// Offset in bytes into the text.
    let offset: Int

    init(_ problem: JSONError.Problem, at offset: Int) {
        self.problem = problem
        self.offset = offset
    }
}

extension JSONError {
    init(_ failure: JSONFailure, in text: RawSpan) {
        problem = failure.problem
        var line = 1
        var lineStart = 0
        var path = JSONPath()
        let offset = min(failure.offset, text.byteCount)
        for index in 0..<offset {
            let byte = text.unsafeLoad(fromByteOffset: index, as: UInt8.self)
            if byte == UInt8(ascii: "\n") {
                line += 1
                lineStart = index + 1
            }
            path.read(byte)
        }
        self.line = line
        column = offset - lineStart + 1
        self.path = path.description
    }
}

/// Follows a JSON text that is well-formed up to a failure, byte by byte, and knows the path of the
/// value it stands at.
///
/// The parser keeps no path, because that would cost something for each value of each text.
private struct JSONPath {
    /// An object or array that is still open. Bound: the parser's nesting limits.
    private struct Level {
        let isArray: Bool
        var index = 0
        var key = [UInt8]()
        var expectsKey: Bool
    }

    /// Longer keys are cut in a message; senders choose them.
    private static let keySizeLimit = 64

    /// Longer paths are cut too.
    private static let sizeLimit = 256

    private var levels: [Level] = []
    private var isInString = false
    private var isEscaped = false

    mutating func read(_ byte: UInt8) {
        if isInString { return readInString(byte) }
        switch byte {
        case UInt8(ascii: "\""):
            isInString = true
            if levels.last?.expectsKey == true { levels[levels.count - 1].key = [] }
        case UInt8(ascii: "{"): levels.append(Level(isArray: false, expectsKey: true))
        case UInt8(ascii: "["): levels.append(Level(isArray: true, expectsKey: false))
        case UInt8(ascii: "}"), UInt8(ascii: "]"): _ = levels.popLast()
        case UInt8(ascii: ":"):
            if !levels.isEmpty { levels[levels.count - 1].expectsKey = false }
        case UInt8(ascii: ","): readComma()
        default: break
        }
    }

    private mutating func readInString(_ byte: UInt8) {
        if isEscaped {
            isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
            isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
            isInString = false
            return
        }
        let last = levels.count - 1
        guard last >= 0, levels[last].expectsKey else { return }
        if levels[last].key.count < Self.keySizeLimit { levels[last].key.append(byte) }
    }

    private mutating func readComma() {
        let last = levels.count - 1
        guard last >= 0 else { return }
        if levels[last].isArray {
            levels[last].index += 1
        } else {
            levels[last].expectsKey = true
            levels[last].key = []
        }
    }

    /// The path; of a long one, the middle is left out.
    var description: String {
        let text = whole
        guard text.utf8.count > Self.sizeLimit else { return text }
        return "\(text.prefix(Self.sizeLimit / 2))…\(text.suffix(Self.sizeLimit / 2))"
    }

    private var whole: String {
        var text = ""
        for level in levels {
            if level.isArray {
                text += "[\(level.index)]"
            } else if !level.expectsKey {
                text += text.isEmpty ? "" : "."
                text += String(decoding: level.key, as: UTF8.self)
            }
        }
        return text
    }
}

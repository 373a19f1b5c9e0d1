import OTLP
import Primitives
import RegularExpressions

/// What the editors with `replace` in their name do to one text.
struct TextReplacement: Sendable {
    /// What is looked for.
    enum Target: Sendable {
        /// Every match of a regular expression.
        case pattern(Argument)
        /// The whole text, if a glob matches it. The glob, if it is the same for all records.
        case glob(Argument, Glob?)
    }

    private let target: Target
    private let replacement: Argument
    private let function: FunctionReference?
    private let format: Argument
    /// If pattern and replacement are the same for all records.
    private let prepared: Replacement?

    /// - Parameter position: of the pattern among the statement's arguments; what else there is to
    ///   say follows.
    init(_ statement: Statement, from position: Int, isGlob: Bool) throws(OTTLError) {
        let arguments = statement.arguments
        let offsets = statement.offsets
        replacement = arguments[position + 1]
        format = arguments[position + 3]
        var function: FunctionReference?
        if case .function(let reference) = arguments[position + 2].constant {
            function = reference
        }
        self.function = function
        if let text = format.constant?.constantText {
            guard text.components(separatedBy: "%s") == 2 else {
                throw OTTLError(
                    "has a replacement_format that must have exactly one %s",
                    offset: offsets[position + 3])
            }
        }
        guard !isGlob else {
            var glob: Glob?
            if let text = arguments[position].constant?.constantText {
                do throws(PatternError) {
                    glob = try Glob(text)
                } catch {
                    throw OTTLError(
                        "has a glob that cannot be used: \(error.reason)",
                        offset: offsets[position])
                }
            }
            target = .glob(arguments[position], glob)
            prepared = nil
            return
        }
        target = .pattern(arguments[position])
        if case .pattern(let pattern) = arguments[position].constant,
            let text = replacement.constant?.constantText
        {
            prepared = Replacement(text, for: pattern)
        } else {
            prepared = nil
        }
    }

    /// Ready to be used for one subject.
    struct Prepared {
        fileprivate enum Target {
            case pattern(Pattern, Replacement)
            case glob(Glob, replacement: [UInt8])
        }

        fileprivate let target: Target
        fileprivate let function: FunctionReference?
        fileprivate let format: String?
    }

    func prepare(for subject: borrowing Subject) throws(EvaluationError) -> Prepared {
        var format: String?
        if case .string(let text) = try self.format.value(for: subject) {
            format = String(decoding: subject.body.copy(of: text), as: UTF8.self)
        }
        return Prepared(
            target: try preparedTarget(for: subject), function: function, format: format)
    }

    private func preparedTarget(
        for subject: borrowing Subject
    ) throws(EvaluationError) -> Prepared.Target {
        let text: [UInt8]
        switch target {
        case .glob(let argument, let constant):
            guard case .string(let new) = try replacement.value(for: subject) else {
                throw .mismatch(expected: "string", found: .none)
            }
            let replacement = subject.body.copy(of: new)
            if let constant { return .glob(constant, replacement: replacement) }
            let glob = try Self.glob(try argument.value(for: subject), in: subject)
            return .glob(glob, replacement: replacement)
        case .pattern(let argument):
            guard case .pattern(let pattern) = try argument.value(for: subject) else {
                throw .mismatch(expected: "a regular expression", found: .none)
            }
            if let prepared { return .pattern(pattern, prepared) }
            guard case .string(let new) = try replacement.value(for: subject) else {
                throw .mismatch(expected: "string", found: .none)
            }
            text = subject.body.copy(of: new)
            let template = String(decoding: text, as: UTF8.self)
            return .pattern(pattern, Replacement(template, for: pattern))
        }
    }

    private static func glob(
        _ value: Value, in subject: borrowing Subject
    ) throws(EvaluationError) -> Glob {
        guard case .string(let text) = value else {
            throw .mismatch(expected: "string", found: value.kind)
        }
        do throws(PatternError) {
            return try Glob(String(decoding: subject.body.copy(of: text), as: UTF8.self))
        } catch {
            throw .failed("the glob cannot be used: \(error.reason)")
        }
    }
}

extension TextReplacement.Prepared {
    func matches(_ text: RawSpan) -> Bool {
        switch target {
        case .pattern(let pattern, _): pattern.matches(text)
        case .glob(let glob, _): glob.matches(text)
        }
    }

    /// What a text becomes; `nil` if there is nothing to replace.
    func result(
        for text: RawSpan, _ subject: borrowing Subject
    ) throws(EvaluationError) -> [UInt8]? {
        guard matches(text) else { return nil }
        switch target {
        case .glob(_, let replacement): return try transformed(replacement, subject)
        case .pattern(let pattern, let replacement):
            if function == nil { return Self.replaced(pattern, replacement, in: text) }
            return try replacedByFunction(pattern, replacement, in: text, subject)
        }
    }

    private static func replaced(
        _ pattern: Pattern, _ replacement: Replacement, in text: RawSpan
    ) -> [UInt8] {
        var output = ByteBuffer(capacity: text.byteCount)
        _ = pattern.replaceAll(in: text, with: replacement, into: &output)
        return output.bytes.withUnsafeBytes { [UInt8]($0) }
    }

    private func replacedByFunction(
        _ pattern: Pattern, _ replacement: Replacement, in text: RawSpan,
        _ subject: borrowing Subject
    ) throws(EvaluationError) -> [UInt8] {
        var output: [UInt8] = []
        var copied = 0
        var matches = pattern.matches(in: text)
        while let match = matches.next() {
            output += text.bytes(copied..<match.range.lowerBound)
            output += try transformed(Self.expanded(replacement, match, in: text), subject)
            copied = match.range.upperBound
        }
        return output + text.bytes(copied..<text.byteCount)
    }

    private static func expanded(
        _ replacement: Replacement, _ match: Match, in text: RawSpan
    ) -> [UInt8] {
        var output = ByteBuffer()
        replacement.write(match, in: text, to: &output)
        return output.bytes.withUnsafeBytes { [UInt8]($0) }
    }

    /// What the function and the format make of a replacement.
    private func transformed(
        _ bytes: [UInt8], _ subject: borrowing Subject
    ) throws(EvaluationError) -> [UInt8] {
        guard let function else { return bytes }
        let value = try function.call([.string(.own(bytes))], for: subject)
        guard case .string(let text) = value else {
            throw .mismatch(expected: "string", found: value.kind)
        }
        let result = subject.body.copy(of: text)
        guard let format else { return result }
        let parts = format.parts(around: "%s")
        guard parts.count == 2 else { throw .failed("a replacement_format has exactly one %s") }
        return Array(parts[0].utf8) + result + Array(parts[1].utf8)
    }
}

extension RawSpan {
    fileprivate func bytes(_ range: Range<Int>) -> [UInt8] { copy(of: .inBody(range)) }
}

extension Value {
    /// The text of a string that belongs to no record.
    var constantText: String? {
        guard case .string(.own(let bytes)) = self else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension String {
    /// What stands before, between and behind the places of a word.
    fileprivate func parts(around word: String) -> [String] {
        let bytes = Array(utf8)
        let separator = Array(word.utf8)
        var parts: [String] = []
        var start = 0
        var offset = 0
        while offset + separator.count <= bytes.count {
            if bytes[offset..<offset + separator.count].elementsEqual(separator) {
                parts.append(String(decoding: bytes[start..<offset], as: UTF8.self))
                offset += separator.count
                start = offset
            } else {
                offset += 1
            }
        }
        return parts + [String(decoding: bytes[start...], as: UTF8.self)]
    }

    fileprivate func components(separatedBy word: String) -> Int { parts(around: word).count }
}

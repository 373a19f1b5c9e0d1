import Configuration
import Hashing
import OTLP
import Primitives
import RegularExpressions

/// The options of the processor `redaction`.
struct RedactionRules: Sendable {
    /// How much is said about what was done.
    enum Summary: String, CaseIterable, Sendable {
        case silent, info, debug
    }

    let allowsAllKeys: Bool
    let allowedKeys: SortedTexts
    let ignoredKeys: SortedTexts
    let ignoredKeyPatterns: [Pattern]
    let blockedKeyPatterns: [Pattern]
    let blockedValues: [Pattern]
    let allowedValues: [Pattern]
    let redactsAllTypes: Bool
    let summary: Summary
    let mask: Mask

    init(from section: inout Section) {
        allowsAllKeys = section.take(
            "allow_all_keys", default: false, "whether keys that are not allowed stay, too")
        allowedKeys = SortedTexts(
            section.takeStrings("allowed_keys", "keys that stay; others are deleted")
                + FindingKind.allCases.flatMap(\.allKeys))
        ignoredKeys = SortedTexts(
            section.takeStrings("ignored_keys", "keys that are left alone, whatever they are"))
        ignoredKeyPatterns = section.takeList(
            "ignored_key_patterns", of: .pattern, "patterns of such keys")
        blockedKeyPatterns = section.takeList(
            "blocked_key_patterns", of: .pattern, "keys whose values are masked as a whole")
        blockedValues = section.takeList(
            "blocked_values", of: .pattern, "parts of values that are masked")
        allowedValues = section.takeList(
            "allowed_values", of: .pattern, "values that are never masked")
        redactsAllTypes = section.take(
            "redact_all_types", default: false, "whether values that are no text are masked, too")
        summary = section.take(
            "summary", as: .summary, default: .silent,
            "silent; info: attributes with counts of what was done; debug: keys, too")
        mask = Mask(from: &section)
        if !allowsAllKeys && !section.contains("allowed_keys") && !section.isDescribing {
            section.warn(
                "deletes every attribute, since no key is allowed",
                hint: "write allowed_keys, or allow_all_keys: true")
        }
    }

    func isIgnored(_ key: RawSpan) -> Bool {
        ignoredKeys.contains(key) || Self.anyMatches(ignoredKeyPatterns, key)
    }

    func isDeleted(_ key: RawSpan) -> Bool { !allowsAllKeys && !allowedKeys.contains(key) }

    func isBlocked(key: RawSpan) -> Bool { Self.anyMatches(blockedKeyPatterns, key) }

    func isAllowed(value: RawSpan) -> Bool { Self.anyMatches(allowedValues, value) }

    private static func anyMatches(_ patterns: [Pattern], _ text: RawSpan) -> Bool {
        for pattern in patterns where pattern.matches(text) { return true }
        return false
    }

    /// Masks the blocked parts of a text, which is in `text` and is changed there; whether it
    /// changed.
    func maskBlocked(_ text: inout ByteBuffer, _ scratch: inout ByteBuffer) -> Bool {
        var isChanged = false
        for pattern in blockedValues where pattern.matches(text.bytes) {
            scratch.removeAll()
            mask.append(text.bytes, masking: pattern, to: &scratch)
            if !scratch.bytes.hasSameBytes(as: text.bytes) { isChanged = true }
            swap(&text, &scratch)
        }
        return isChanged
    }
}

extension OptionType where Value == RedactionRules.Summary {
    /// An empty text is silent, as in otelcol.
    fileprivate static var summary: OptionType {
        .text(
            "word", values: RedactionRules.Summary.allCases.map(\.rawValue),
            read: { (text) throws(Mismatch) in
                if text.isEmpty { return .silent }
                if let summary = RedactionRules.Summary(rawValue: text) { return summary }
                throw Mismatch("is \(quoted(text)), but must be one of silent, info, debug")
            },
            show: \.rawValue)
    }
}

/// What stands in the place of what is masked.
enum Mask: Sendable {
    case stars
    case digest(Digest)
    case code(MessageAuthentication)

    private enum Function: String, CaseIterable, Sendable {
        case none = ""
        case md5, sha1, sha3
        case hmac256 = "hmac-sha256"
        case hmac512 = "hmac-sha512"

        var algorithm: Digest.Algorithm? {
            switch self {
            case .none: nil
            case .md5: .md5
            case .sha1: .sha1
            case .sha3: .sha3
            case .hmac256: .sha256
            case .hmac512: .sha512
            }
        }

        /// The least size of a key; 0 if there is none.
        var keySize: Int {
            switch self {
            case .hmac256: 32
            case .hmac512: 64
            default: 0
            }
        }
    }

    init(from section: inout Section) {
        let function = section.take(
            "hash_function", as: .choice(of: Function.self), default: .none,
            "what masked text becomes: its digest or code in hexadecimal; **** without")
        let key = section.takeSecret("hmac_key", "the key of the hmac functions")
        let bytes = Array((key?.revealed ?? "").utf8)
        self = .stars
        guard !section.isDescribing, let algorithm = function.algorithm else { return }
        if bytes.count < function.keySize {
            let size = "\(function.keySize) bytes for \(function.rawValue)"
            section.refuse(
                "hmac_key", key == nil ? "must be given, with \(size)" : "must have \(size)",
                hint: "such as ${env:REDACTION_KEY}")
            return
        }
        do throws(DigestError) {
            self =
                function.keySize > 0
                ? .code(try MessageAuthentication(algorithm, key: bytes))
                : .digest(try Digest(algorithm))
        } catch {
            section.refuse(
                "hash_function", "cannot be used: \(error.reason)", hint: "install OpenSSL 3")
        }
    }

    /// Appends a text with all that a pattern matches masked.
    func append(_ text: RawSpan, masking pattern: Pattern, to output: inout ByteBuffer) {
        var copied = 0
        var matches = pattern.matches(in: text)
        while let match = matches.next() {
            output.append(text.extracting(copied..<match.range.lowerBound))
            append(maskOf: text.extracting(match.range), to: &output)
            copied = match.range.upperBound
        }
        output.append(text.extracting(copied..<text.byteCount))
    }

    private func append(maskOf text: RawSpan, to output: inout ByteBuffer) {
        switch self {
        case .stars: output.append("****" as StaticString)
        case .digest(let digest): digest.appendHexadecimal(of: text, to: &output)
        case .code(let code): code.appendHexadecimal(of: text, to: &output)
        }
    }

    /// Appends the mask of a whole value: of each of its lines, as `.*` matches them.
    func append(wholeOf buffer: borrowing ByteBuffer, to output: inout ByteBuffer) {
        let text = buffer.bytes
        var start = 0
        for offset in 0..<text.byteCount {
            guard text.unsafeLoad(fromByteOffset: offset, as: UInt8.self) == 0x0a else { continue }
            append(maskOf: text.extracting(start..<offset), to: &output)
            output.append(UInt8(0x0a))
            start = offset &+ 1
        }
        append(maskOf: text.extracting(start..<text.byteCount), to: &output)
    }
}

import OTLP
import Primitives

/// The `tracestate` of a span, read and written without allocating. (W3C Trace Context,
/// "Tracestate Header"; OpenTelemetry, "TraceState Handling".)
///
///     ot=rv:4bf92f3577b34d;th:c;p:1,vendor=value
///        randomness        threshold
///
/// A view of the text with changes on top of it. Members other than `ot` are only looked at again
/// when the text is written. The limits are otelcol's; text that breaks them or the syntax is
/// malformed, and what was understood of it is what would be written.
struct TraceState: ~Escapable {
    /// 31 members are the most that otelcol reads, one less than W3C has.
    static let memberLimit = 31
    static let sizeLimit = 1024
    static let valueSizeLimit = 256
    static let keySizeLimit = 256
    static let tenantSizeLimit = 241
    static let systemSizeLimit = 14

    private let text: RawSpan
    /// A syntax error, which leaves nothing of the text.
    private var isUnreadable = false
    private(set) var isMalformed = false
    /// The value of the last `ot` member.
    private var ownValue = 0..<0

    private(set) var randomness: RandomValue?
    /// As it was written, if it has not been set.
    private var randomnessText: Range<Int>?
    private(set) var threshold: Threshold?
    private var thresholdText: Range<Int>?

    @_lifetime(copy text)
    init(_ text: RawSpan) {
        self.text = text
        if text.byteCount > 0 { read() }
    }

    /// Whether there is nothing to write.
    private var hasOwnValue: Bool {
        randomness != nil || threshold != nil || hasOtherSubkeys
    }

    private var hasOtherSubkeys: Bool {
        var members = TraceStateMembers(text, ownValue, separator: .semicolon)
        while let member = members.next() {
            if !isSampling(member) { return true }
        }
        return false
    }

    @_lifetime(self: copy self)
    mutating func setRandomness(_ randomness: RandomValue) {
        self.randomness = randomness
        randomnessText = nil
    }

    @_lifetime(self: copy self)
    mutating func clearThreshold() {
        threshold = nil
        thresholdText = nil
    }

    /// Writes the threshold in unless the one that is there is higher: a probability is never
    /// raised again.
    @_lifetime(self: copy self)
    mutating func raiseThreshold(to new: Threshold) {
        if let threshold, threshold > new { return }
        threshold = new
        thresholdText = nil
    }

    /// The value of the first member with a key.
    @_lifetime(copy self)
    func value(of key: RawSpan) -> RawSpan? {
        if isUnreadable { return nil }
        var members = TraceStateMembers(text, 0..<text.byteCount, separator: .comma)
        while let member = members.next() {
            if text.extracting(member.key).hasSameBytes(as: key) {
                return text.extracting(member.value)
            }
        }
        return nil
    }
}

// MARK: - Reading

extension TraceState {
    @_lifetime(self: copy self)
    private mutating func read() {
        guard text.byteCount <= Self.sizeLimit, hasValidSyntax else {
            isUnreadable = true
            isMalformed = true
            return
        }
        var members = TraceStateMembers(text, 0..<text.byteCount, separator: .comma)
        while let member = members.next() {
            if !isWithinLimits(member.key) {
                isMalformed = true
            } else if isOwn(member.key) {
                readOwnValue(member.value)
            }
        }
        if members.hasTooMany { isMalformed = true }
    }

    private var hasValidSyntax: Bool {
        var members = TraceStateMembers(
            text, 0..<text.byteCount, separator: .comma, limit: .max)
        while let member = members.next() {
            guard member.hasKey, isKey(member.key), isValue(member.value) else { return false }
        }
        return true
    }

    @_lifetime(self: copy self)
    private mutating func readOwnValue(_ value: Range<Int>) {
        ownValue = 0..<0
        randomness = nil
        randomnessText = nil
        clearThreshold()
        guard hasOwnSyntax(value) else {
            isMalformed = true
            return
        }
        ownValue = value
        var members = TraceStateMembers(text, value, separator: .semicolon)
        while let member = members.next() { readSubkey(member) }
    }

    @_lifetime(self: copy self)
    private mutating func readSubkey(_ member: TraceStateMembers.Member) {
        let value = text.extracting(member.value)
        if isKey(member.key, "rv") {
            randomness = RandomValue(value)
            randomnessText = randomness.map { _ in member.value }
            if randomness == nil { isMalformed = true }
        } else if isKey(member.key, "th") {
            threshold = Threshold(value)
            thresholdText = threshold.map { _ in member.value }
            if threshold == nil { isMalformed = true }
        }
    }

    private func isOwn(_ key: Range<Int>) -> Bool { isKey(key, "ot") }

    private func isSampling(_ member: TraceStateMembers.Member) -> Bool {
        isKey(member.key, "rv") || isKey(member.key, "th")
    }

    /// Compares with a key of two letters.
    private func isKey(_ range: Range<Int>, _ key: StaticString) -> Bool {
        range.count == 2 && byte(range.lowerBound) == key.utf8Start[0]
            && byte(range.lowerBound + 1) == key.utf8Start[1]
    }

    private func byte(_ offset: Int) -> UInt8 {
        text.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    /// `key` of W3C: a simple one, or `tenant@system`.
    private func isKey(_ range: Range<Int>) -> Bool {
        guard !range.isEmpty else { return false }
        guard let at = range.first(where: { byte($0) == UInt8(ascii: "@") }) else {
            return byte(range.lowerBound).isLowerCaseLetter && hasKeyBytes(range)
        }
        let system = at + 1..<range.upperBound
        guard at > range.lowerBound, !system.isEmpty else { return false }
        let first = byte(range.lowerBound)
        return (first.isLowerCaseLetter || first.isDecimalDigit)
            && byte(system.lowerBound).isLowerCaseLetter
            && hasKeyBytes(range.lowerBound..<at) && hasKeyBytes(system)
    }

    private func hasKeyBytes(_ range: Range<Int>) -> Bool {
        range.allSatisfy { byte($0).isTraceStateKeyByte }
    }

    private func isValue(_ range: Range<Int>) -> Bool {
        guard !range.isEmpty, range.count <= Self.valueSizeLimit else { return false }
        return byte(range.upperBound - 1) != UInt8(ascii: " ")
            && range.allSatisfy { byte($0).isTraceStateValueByte }
    }

    private func isWithinLimits(_ key: Range<Int>) -> Bool {
        if key.count > Self.keySizeLimit { return false }
        guard let at = key.first(where: { byte($0) == UInt8(ascii: "@") }) else { return true }
        return at - key.lowerBound <= Self.tenantSizeLimit
            && key.upperBound - at - 1 <= Self.systemSizeLimit
    }

    /// `key:value(;key:value)*`, with nothing empty between the semicolons.
    private func hasOwnSyntax(_ range: Range<Int>) -> Bool {
        var offset = range.lowerBound
        while true {
            guard offset < range.upperBound, byte(offset).isLowerCaseLetter else { return false }
            while offset < range.upperBound, byte(offset).isOwnKeyByte { offset += 1 }
            guard offset < range.upperBound, byte(offset) == UInt8(ascii: ":") else { return false }
            offset += 1
            while offset < range.upperBound, byte(offset).isOwnValueByte { offset += 1 }
            if offset == range.upperBound { return true }
            guard byte(offset) == UInt8(ascii: ";") else { return false }
            offset += 1
        }
    }
}

// MARK: - Writing

extension TraceState {
    /// Appends the text: `ot` first, then the other members as they were, without spaces.
    func append(to buffer: inout ByteBuffer) {
        var isFirst = true
        if hasOwnValue {
            buffer.append("ot=" as StaticString)
            appendOwnValue(to: &buffer)
            isFirst = false
        }
        if isUnreadable { return }
        var members = TraceStateMembers(text, 0..<text.byteCount, separator: .comma)
        while let member = members.next() {
            if isOwn(member.key) || !isWithinLimits(member.key) { continue }
            if !isFirst { buffer.append(UInt8(ascii: ",")) }
            isFirst = false
            buffer.append(text.extracting(member.whole))
        }
    }

    private func appendOwnValue(to buffer: inout ByteBuffer) {
        let start = buffer.count
        if let randomness {
            buffer.append("rv:" as StaticString)
            if let randomnessText {
                buffer.append(text.extracting(randomnessText))
            } else {
                randomness.append(to: &buffer)
            }
        }
        if let threshold {
            if buffer.count > start { buffer.append(UInt8(ascii: ";")) }
            buffer.append("th:" as StaticString)
            if let thresholdText {
                buffer.append(text.extracting(thresholdText))
            } else {
                threshold.append(to: &buffer)
            }
        }
        var members = TraceStateMembers(text, ownValue, separator: .semicolon)
        while let member = members.next() {
            if isSampling(member) { continue }
            if buffer.count > start { buffer.append(UInt8(ascii: ";")) }
            buffer.append(text.extracting(member.whole))
        }
    }
}

/// The members of a tracestate, or of the value of its `ot` member; empty ones are passed over.
struct TraceStateMembers: ~Escapable {
    /// What stands between members, and between key and value.
    enum Separator {
        case comma, semicolon
    }

    struct Member {
        /// Key and value.
        let whole: Range<Int>
        let key: Range<Int>
        let value: Range<Int>
        let hasKey: Bool
    }

    private let text: RawSpan
    private let end: Int
    private let separator: Separator
    private let limit: Int
    private var offset: Int
    private var count = 0
    private(set) var hasTooMany = false

    /// - Parameter limit: Members are only read up to this one; empty ones count.
    @_lifetime(copy text)
    init(
        _ text: RawSpan, _ range: Range<Int>, separator: Separator, limit: Int? = nil
    ) {
        self.text = text
        self.separator = separator
        offset = range.lowerBound
        end = range.upperBound
        self.limit = limit ?? (separator == .comma ? TraceState.memberLimit : .max)
    }

    @_lifetime(self: copy self)
    mutating func next() -> Member? {
        let isComma = separator == .comma
        while offset < end {
            count += 1
            if count > limit {
                hasTooMany = true
                offset = end
                return nil
            }
            let stop = first(isComma ? "," : ";", in: offset..<end) ?? end
            let range = isComma ? trimmed(offset..<stop) : offset..<stop
            offset = stop + 1
            if !range.isEmpty { return member(range, isComma ? "=" : ":") }
        }
        return nil
    }

    private func member(_ range: Range<Int>, _ equals: Unicode.Scalar) -> Member {
        guard let middle = first(equals, in: range) else {
            let none = range.upperBound..<range.upperBound
            return Member(whole: range, key: none, value: none, hasKey: false)
        }
        return Member(
            whole: range, key: range.lowerBound..<middle, value: middle + 1..<range.upperBound,
            hasKey: true)
    }

    private func first(_ scalar: Unicode.Scalar, in range: Range<Int>) -> Int? {
        let wanted = UInt8(truncatingIfNeeded: scalar.value)
        for offset in range
        where text.unsafeLoad(fromByteOffset: offset, as: UInt8.self) == wanted {
            return offset
        }
        return nil
    }

    private func trimmed(_ range: Range<Int>) -> Range<Int> {
        var lower = range.lowerBound
        var upper = range.upperBound
        while lower < upper, isBlank(lower) { lower += 1 }
        while upper > lower, isBlank(upper - 1) { upper -= 1 }
        return lower..<upper
    }

    private func isBlank(_ offset: Int) -> Bool {
        let byte = text.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
        return byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }
}

extension UInt8 {
    fileprivate var isLowerCaseLetter: Bool { self &- 0x61 < 26 }
    fileprivate var isDecimalDigit: Bool { self &- 0x30 < 10 }

    fileprivate var isTraceStateKeyByte: Bool {
        switch self {
        case UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "*"), UInt8(ascii: "/"): true
        default: isLowerCaseLetter || isDecimalDigit
        }
    }

    /// Printable, without comma and equals sign.
    fileprivate var isTraceStateValueByte: Bool {
        self >= 0x20 && self <= 0x7e && self != UInt8(ascii: ",") && self != UInt8(ascii: "=")
    }

    fileprivate var isOwnKeyByte: Bool { isLowerCaseLetter || isDecimalDigit }

    fileprivate var isOwnValueByte: Bool {
        switch self {
        case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): true
        default: isOwnKeyByte || (self | 0x20).isLowerCaseLetter
        }
    }
}

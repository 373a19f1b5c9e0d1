import Primitives

/// Turns OTLP/JSON into the protobuf encoding of the same message, in one pass and without a tree.
///
/// Members are written in the order in which they stand. A length is written after its message is
/// known, into bytes kept free for it. Keys of both spellings are taken, unknown keys are skipped,
/// `null` is the same as absent (in an array of messages: an empty message), of scalars given
/// twice the last counts, arrays given twice are joined.
///
/// Stricter than otelcol: nothing but white space may follow the value, halves of surrogate pairs
/// and bytes that are not UTF-8 are refused.
///
/// Invariant: 0 ≤ position ≤ input.byteCount; nothing is consumed from the output.
/// Bounds: the nesting limits below; the output, by the input: at most 8 bytes for each byte.
struct JSONDecoder: ~Copyable, ~Escapable {
    /// Offsets must fit 32 bits with room to spare, here and in the index of a batch.
    static let sizeLimit = Int(Int32.max) / 8

    /// Levels of messages below the outermost one; the same as of the protobuf decoder.
    static let nestingLimit = WireCursor.nestingLimit

    /// Levels of objects and arrays below a key that is skipped.
    static let skippedNestingLimit = 128

    /// Below this level, five bytes are kept free for a length, so that moving what is longer than
    /// expected costs a bounded number of copies of each byte.
    private static let narrowLengthDepth = 12

    let input: RawSpan
    var position = 0
    var output: ByteBuffer
    private let keys = JSONKeys.shared

    @_lifetime(copy input)
    private init(_ input: RawSpan) {
        self.input = input
        output = ByteBuffer(capacity: input.byteCount + 64)
    }

    /// The protobuf encoding of the `message` that `text` describes.
    static func decode(
        _ text: RawSpan, as message: JSONMessage
    ) throws(JSONError) -> ByteBuffer {
        do {
            return try convert(text, as: message)
        } catch {
            throw JSONError(error, in: text)
        }
    }

    private static func convert(
        _ text: RawSpan, as message: JSONMessage
    ) throws(JSONFailure) -> ByteBuffer {
        guard text.byteCount <= sizeLimit else {
            throw JSONFailure(.tooLarge(limit: sizeLimit), at: 0)
        }
        var decoder = JSONDecoder(text)
        try decoder.outermost(message)
        return decoder.output
    }

    @_lifetime(self: copy self)
    private mutating func outermost(_ message: JSONMessage) throws(JSONFailure) {
        if peek() == 0xef { throw JSONFailure(.byteOrderMark, at: 0) }
        skipWhitespace()
        try object(message, depth: 0)
        skipWhitespace()
        if position < input.byteCount { throw JSONFailure(.trailingBytes, at: position) }
    }
}

// MARK: Bytes

extension JSONDecoder {
    /// The byte to read next, 0 at the end.
    @inline(__always)
    func peek() -> UInt8 {
        position < input.byteCount
            ? input.unsafeLoad(fromByteOffset: position, as: UInt8.self) : 0
    }

    @inline(__always)
    func byte(at offset: Int) -> UInt8 {
        input.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    @inline(__always)
    func word(at offset: Int) -> UInt64 {
        input.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
    }

    @inline(__always)
    var unread: Int { input.byteCount &- position }

    @_lifetime(self: copy self)
    @inline(__always)
    mutating func skipWhitespace() {
        if peek() <= 0x20 { skipWhitespaceSlowly() }
    }

    @_lifetime(self: copy self)
    @inline(never)
    private mutating func skipWhitespaceSlowly() {
        while position < input.byteCount {
            switch byte(at: position) {
            case 0x20, 0x0a, 0x0d, 0x09: position &+= 1
            default: return
            }
        }
    }

    @inline(never)
    func unexpected(_ expected: JSONError.Expectation) -> JSONFailure {
        position < input.byteCount
            ? JSONFailure(.unexpected(byte: byte(at: position), expected: expected), at: position)
            : JSONFailure(.endOfInput(expected: expected), at: position)
    }

    /// Reads `byte`, which has to be there.
    @_lifetime(self: copy self)
    @inline(__always)
    mutating func expect(
        _ byte: UInt8, _ expected: JSONError.Expectation
    ) throws(JSONFailure) {
        guard peek() == byte else { throw unexpected(expected) }
        position &+= 1
    }

    /// Reads `null`, if that is what follows.
    @_lifetime(self: copy self)
    @inline(__always)
    mutating func takeNull() -> Bool {
        guard peek() == UInt8(ascii: "n") else { return false }
        return takeLiteral(0x6c6c_756e)
    }

    /// Reads four letters, if they are what follows.
    @_lifetime(self: copy self)
    mutating func takeLiteral(_ letters: UInt32) -> Bool {
        guard unread >= 4,
            input.unsafeLoadUnaligned(fromByteOffset: position, as: UInt32.self) == letters
        else { return false }
        position &+= 4
        return true
    }

    /// Reads `true` or `false`.
    @_lifetime(self: copy self)
    mutating func takeBool() -> Bool? {
        if takeLiteral(0x6575_7274) { return true }
        if peek() == UInt8(ascii: "f"), unread >= 5, byte(at: position &+ 4) == UInt8(ascii: "e") {
            return takeLiteral(0x736c_6166) ? takeLastLetter() : nil
        }
        return nil
    }

    @_lifetime(self: copy self)
    private mutating func takeLastLetter() -> Bool {
        position &+= 1
        return false
    }
}

// MARK: Objects and arrays

extension JSONDecoder {
    /// Reads an object and writes its members as fields of `message`.
    @_lifetime(self: copy self)
    private mutating func object(_ message: JSONMessage, depth: Int) throws(JSONFailure) {
        try expect(UInt8(ascii: "{"), .object)
        skipWhitespace()
        if peek() == UInt8(ascii: "}") {
            position &+= 1
            return
        }
        try members(message, depth: depth)
    }

    /// Reads members up to and with the closing brace; the first key is next.
    @_lifetime(self: copy self)
    @inline(never)
    private mutating func members(_ message: JSONMessage, depth: Int) throws(JSONFailure) {
        while true {
            try expect(UInt8(ascii: "\""), .key)
            let rule = try takeKey(of: message)
            try member(rule, depth: depth)
            skipWhitespace()
            let next = peek()
            guard next == UInt8(ascii: ",") else {
                guard next == UInt8(ascii: "}") else { throw unexpected(.commaOrBrace) }
                position &+= 1
                return
            }
            position &+= 1
            skipWhitespace()
        }
    }

    /// Reads a key after its opening quote, the colon, and white space up to the value.
    @_lifetime(self: copy self)
    @inline(__always)
    private mutating func takeKey(of message: JSONMessage) throws(JSONFailure) -> JSONRule {
        var rule = JSONRule.unknown
        if let key = peekKey() {
            rule = keys.rule(for: key, of: message)
            if rule.kind != .unknown { position &+= key.size &+ 1 }
        }
        if rule.kind == .unknown { rule = try takeUnusualKey(of: message) }
        if peek() != UInt8(ascii: ":") { skipWhitespace() }
        try expect(UInt8(ascii: ":"), .colon)
        skipWhitespace()
        return rule
    }

    /// The key after the opening quote if it is short and not near the end of the text.
    @inline(__always)
    private func peekKey() -> JSONKey? {
        guard unread >= 32 else { return nil }
        let first = word(at: position)
        var quotes = Self.quotes(in: first)
        if quotes != 0 {
            let bits = UInt64(truncatingIfNeeded: quotes.trailingZeroBitCount & 0x38)
            return JSONKey(
                first: first & (1 &<< bits &- 1), middle: 0, last: 0,
                size: Int(truncatingIfNeeded: bits >> 3))
        }
        let second = word(at: position &+ 8)
        quotes = Self.quotes(in: second)
        if quotes != 0 {
            let size = 8 &+ quotes.trailingZeroBitCount >> 3
            return JSONKey(
                first: first, middle: 0, last: word(at: position &+ size &- 8), size: size)
        }
        let third = word(at: position &+ 16)
        quotes = Self.quotes(in: third)
        let size = 16 &+ quotes.trailingZeroBitCount >> 3  // 24 if there is none.
        guard byte(at: position &+ size) == UInt8(ascii: "\"") else { return nil }
        return JSONKey(
            first: first, middle: size == 16 ? 0 : second, last: word(at: position &+ size &- 8),
            size: size)
    }

    /// The top bit of each byte that is a quote, exact up to and with the first.
    @inline(__always)
    private static func quotes(in word: UInt64) -> UInt64 {
        let difference = word ^ 0x2222_2222_2222_2222
        return (difference &- 0x0101_0101_0101_0101) & ~difference & 0x8080_8080_8080_8080
    }

    /// A key that is not known, with escapes, long, or near the end.
    @_lifetime(self: copy self)
    @inline(never)
    private mutating func takeUnusualKey(of message: JSONMessage) throws(JSONFailure) -> JSONRule {
        let start = output.end
        try copyString()
        let size = output.end &- start
        let rule =
            size <= JSONKey.sizeLimit
            ? keys.rule(for: JSONKey(output.bytes.extracting(start..<output.end)), of: message)
            : .unknown
        output.end = start
        return rule
    }

    @_lifetime(self: copy self)
    @inline(__always)
    private mutating func member(_ rule: JSONRule, depth: Int) throws(JSONFailure) {
        switch rule.kind {
        case .string:
            guard peek() == UInt8(ascii: "\"") else { return try absent(.string) }
            position &+= 1
            try string(rule.tag)
        case .message:
            guard peek() == UInt8(ascii: "{") else { return try absent(.object) }
            try field(rule.tag, rule.message, depth: depth)
        case .messages:
            guard peek() == UInt8(ascii: "[") else { return try absent(.array) }
            position &+= 1
            if rule.message == .keyValue {
                try keyValues(rule.tag, depth: depth)
            } else {
                try elements(rule.tag, rule.message, depth: depth)
            }
        case .traceID: try identifier(rule.tag, size: 16)
        case .spanID: try identifier(rule.tag, size: 8)
        case .unknown: try skipValue(depth: 0)
        case .fixed64:
            guard !takeNull() else { return }
            output.appendField(rule.tag, try unsigned(limit: .max, .uint64))
        default: try rarer(rule)
        }
    }

    /// What stands where something else is expected: `null`, or a failure.
    @_lifetime(self: copy self)
    @inline(never)
    mutating func absent(_ expected: JSONError.Expectation) throws(JSONFailure) {
        if !takeNull() { throw unexpected(expected) }
    }

    /// Reads an array of messages after its opening bracket.
    @_lifetime(self: copy self)
    @inline(never)
    private mutating func elements(
        _ tag: UInt16, _ message: JSONMessage, depth: Int
    ) throws(JSONFailure) {
        guard try !takeClosingBracket() else { return }
        repeat {
            try element(tag, message, depth: depth)
        } while try takeComma()
    }

    @_lifetime(self: copy self)
    private mutating func element(
        _ tag: UInt16, _ message: JSONMessage, depth: Int
    ) throws(JSONFailure) {
        if peek() == UInt8(ascii: "n") {
            try absent(.object)
            return output.appendEmptyMessage(tag)
        }
        try field(tag, message, depth: depth)
    }

    /// Reads the bracket that closes an array, if that comes first.
    @_lifetime(self: copy self)
    @inline(__always)
    mutating func takeClosingBracket() throws(JSONFailure) -> Bool {
        skipWhitespace()
        guard peek() == UInt8(ascii: "]") else { return false }
        position &+= 1
        return true
    }

    /// Reads what follows an element: a comma, or the closing bracket (false).
    @_lifetime(self: copy self)
    @inline(__always)
    mutating func takeComma() throws(JSONFailure) -> Bool {
        skipWhitespace()
        let next = peek()
        if next == UInt8(ascii: ",") {
            position &+= 1
            skipWhitespace()
            return true
        }
        guard next == UInt8(ascii: "]") else { throw unexpected(.commaOrBracket) }
        position &+= 1
        return false
    }

    /// Reads an object as one field: tag, length, members.
    @_lifetime(self: copy self)
    private mutating func field(
        _ tag: UInt16, _ message: JSONMessage, depth: Int
    ) throws(JSONFailure) {
        guard depth < Self.nestingLimit else {
            throw JSONFailure(.nestedTooDeep(limit: Self.nestingLimit), at: position)
        }
        let reserved = depth < Self.narrowLengthDepth ? message.reservedLengthSize : 5
        let start = output.beginMessage(tag, lengthSize: reserved)
        try object(message, depth: depth &+ 1)
        output.endMessage(at: start, lengthSize: reserved)
    }
}

// MARK: Attributes

extension JSONDecoder {
    /// Reads an array of attributes after its opening bracket.
    @_lifetime(self: copy self)
    @inline(never)
    private mutating func keyValues(_ tag: UInt16, depth: Int) throws(JSONFailure) {
        guard try !takeClosingBracket() else { return }
        repeat {
            if try !usualKeyValue(tag, depth: depth) {
                try element(tag, .keyValue, depth: depth)
            }
        } while try takeComma()
    }

    /// Reads `{"key":"…","value":{…}}` as most encoders write it; false if it looks different.
    ///
    /// Nine tenths of all keys in OTLP/JSON are these three, so it pays to compare them in words
    /// rather than look them up.
    @_lifetime(self: copy self)
    @inline(__always)
    private mutating func usualKeyValue(_ tag: UInt16, depth: Int) throws(JSONFailure) -> Bool {
        guard depth < Self.narrowLengthDepth, unread >= 64,
            word(at: position) == Self.keyOpening
        else { return false }
        let start = output.beginMessage(tag, lengthSize: 1)
        position &+= 8
        try string(0x0a)
        if unread >= 32, word(at: position) == Self.valueKey,
            input.unsafeLoadUnaligned(fromByteOffset: position &+ 8, as: UInt16.self)
                == Self.valueOpening
        {
            position &+= 9
            try usualValue(depth: depth &+ 1)
            try closeUsual(.keyValue, depth: depth &+ 1)
        } else {
            try moreMembers(.keyValue, depth: depth &+ 1)
        }
        output.endMessage(at: start, lengthSize: 1)
        return true
    }

    /// `{"key":"`
    private static let keyOpening: UInt64 = 0x223a_2279_656b_227b
    /// `,"value"`
    private static let valueKey: UInt64 = 0x2265_756c_6176_222c
    /// `:{`
    private static let valueOpening: UInt16 = 0x7b3a
    /// `{"string`
    private static let stringValue: UInt64 = 0x676e_6972_7473_227b
    /// `Value":"`
    private static let valueAndQuote: UInt64 = 0x223a_2265_756c_6156

    /// `{"intVal`
    private static let intValue: UInt64 = 0x6c61_5674_6e69_227b
    /// `ue":`
    private static let intValueEnd: UInt32 = 0x3a22_6575

    @_lifetime(self: copy self)
    @inline(__always)
    private mutating func usualValue(depth: Int) throws(JSONFailure) {
        let opening = word(at: position)
        if opening == Self.stringValue, word(at: position &+ 8) == Self.valueAndQuote {
            position &+= 16
            let start = output.beginMessage(0x12, lengthSize: 1)
            try string(0x0a)
            try closeUsual(.anyValue, depth: depth &+ 1)
            output.endMessage(at: start, lengthSize: 1)
        } else if opening == Self.intValue,
            input.unsafeLoadUnaligned(fromByteOffset: position &+ 8, as: UInt32.self)
                == Self.intValueEnd
        {
            position &+= 12
            skipWhitespace()
            let start = output.beginMessage(0x12, lengthSize: 1)
            try int(0x18)
            try closeUsual(.anyValue, depth: depth &+ 1)
            output.endMessage(at: start, lengthSize: 1)
        } else {
            try field(0x12, .anyValue, depth: depth)
        }
    }

    /// Reads the brace behind a member, or whatever else follows it up to the brace.
    @_lifetime(self: copy self)
    @inline(__always)
    private mutating func closeUsual(_ message: JSONMessage, depth: Int) throws(JSONFailure) {
        if peek() == UInt8(ascii: "}") {
            position &+= 1
        } else {
            try moreMembers(message, depth: depth)
        }
    }

    /// Reads on after a member, up to and with the closing brace.
    @_lifetime(self: copy self)
    @inline(never)
    private mutating func moreMembers(_ message: JSONMessage, depth: Int) throws(JSONFailure) {
        skipWhitespace()
        if peek() == UInt8(ascii: "}") {
            position &+= 1
            return
        }
        try expect(UInt8(ascii: ","), .commaOrBrace)
        skipWhitespace()
        try members(message, depth: depth)
    }
}

import Primitives

extension JSONDecoder {
    /// An integer of 64 bits and a sign.
    private struct Integer {
        let magnitude: UInt64
        let isNegative: Bool
    }

    // MARK: Fields

    /// The kinds of fields that are not worth a place in the loop over members.
    @_lifetime(self: copy self)
    @inline(never)
    mutating func rarer(_ rule: JSONRule) throws(JSONFailure) {
        guard !takeNull() else { return }
        switch rule.kind {
        case .enumeration: try enumeration(rule)
        case .bool: try bool(rule.tag)
        case .base64: try base64(rule.tag)
        case .strings: try strings(rule.tag)
        case .packedFixed64, .packedUInt64, .packedDouble: try packed(rule)
        default: try number(rule)
        }
    }

    @_lifetime(self: copy self)
    private mutating func number(_ rule: JSONRule) throws(JSONFailure) {
        switch rule.kind {
        case .uint32, .uint64:
            let value =
                rule.kind == .uint32
                ? try unsigned(limit: UInt64(UInt32.max), .uint32)
                : try unsigned(limit: .max, .uint64)
            output.appendField(rule.tag, varint: value)
        case .int32:
            output.appendField(rule.tag, varint: UInt64(bitPattern: try signed(bits: 32, .int32)))
        case .int64: try int(rule.tag)
        case .sint32:
            let value = Int32(truncatingIfNeeded: try signed(bits: 32, .int32))
            let zigzag = UInt32(bitPattern: value &<< 1 ^ value >> 31)
            output.appendField(rule.tag, varint: UInt64(zigzag))
        case .fixed32:
            let value = try unsigned(limit: UInt64(UInt32.max), .uint32)
            output.appendField(rule.tag, UInt32(truncatingIfNeeded: value))
        case .sfixed64:
            output.appendField(rule.tag, UInt64(bitPattern: try signed(bits: 64, .int64)))
        case .double: output.appendField(rule.tag, try double().bitPattern)
        default: try skipValue(depth: 0)
        }
    }

    /// Reads a signed integer of 64 bits and writes it as a varint.
    @_lifetime(self: copy self)
    mutating func int(_ tag: UInt16) throws(JSONFailure) {
        guard !takeNull() else { return }
        output.appendField(tag, varint: UInt64(bitPattern: try signed(bits: 64, .int64)))
    }

    @_lifetime(self: copy self)
    private mutating func bool(_ tag: UInt16) throws(JSONFailure) {
        guard let value = takeBool() else { throw unexpected(.bool) }
        output.appendField(tag, varint: value ? 1 : 0)
    }

    /// An enumeration's number, or its name for otelcol's sake. A number in a string is neither.
    @_lifetime(self: copy self)
    private mutating func enumeration(_ rule: JSONRule) throws(JSONFailure) {
        let opening = position
        guard peek() == UInt8(ascii: "\"") else {
            guard peek() == UInt8(ascii: "-") || peek() &- 0x30 <= 9 else {
                throw unexpected(.enumeration)
            }
            let value = try signed(bits: 32, .int32)
            return output.appendField(rule.tag, varint: UInt64(bitPattern: value))
        }
        position &+= 1
        let start = output.end
        try copyString()
        let number = Self.number(ofName: output, from: start, rule)
        output.end = start
        guard let number else { throw JSONFailure(.unknownEnumName, at: opening) }
        output.appendField(rule.tag, varint: UInt64(truncatingIfNeeded: number))
    }

    private static func number(
        ofName buffer: borrowing ByteBuffer, from start: Int, _ rule: JSONRule
    ) -> Int? {
        let name = buffer.bytes.extracting(start..<buffer.count)
        return JSONEnumeration(rawValue: rule.child)?.number(named: name)
    }

    // MARK: Arrays of scalars

    @_lifetime(self: copy self)
    private mutating func strings(_ tag: UInt16) throws(JSONFailure) {
        try expect(UInt8(ascii: "["), .array)
        guard try !takeClosingBracket() else { return }
        repeat {
            try expect(UInt8(ascii: "\""), .string)
            try string(tag)
        } while try takeComma()
    }

    /// Numbers as one packed field. An empty array is an absent field.
    @_lifetime(self: copy self)
    private mutating func packed(_ rule: JSONRule) throws(JSONFailure) {
        try expect(UInt8(ascii: "["), .array)
        guard try !takeClosingBracket() else { return }
        let start = output.beginMessage(rule.tag, lengthSize: 1)
        repeat {
            output.makeFieldRoom()
            switch rule.kind {
            case .packedFixed64: output.store(try unsigned(limit: .max, .uint64), size: 8)
            case .packedUInt64: output.storeVarint(try unsigned(limit: .max, .uint64))
            default:
                let value = try double()
                output.makeFieldRoom()  // A number in a string may have used the room.
                output.store(value.bitPattern, size: 8)
            }
        } while try takeComma()
        output.endMessage(at: start, lengthSize: 1)
    }

    // MARK: Integers

    /// Reads an unsigned integer of at most `limit`.
    @_lifetime(self: copy self)
    @inline(__always)
    mutating func unsigned(
        limit: UInt64, _ type: JSONError.NumberType
    ) throws(JSONFailure) -> UInt64 {
        let start = position
        let value = try integer()
        guard value.magnitude <= limit, !value.isNegative || value.magnitude == 0 else {
            throw JSONFailure(.numberOutOfRange(type), at: start)
        }
        return value.magnitude
    }

    @_lifetime(self: copy self)
    private mutating func signed(
        bits: UInt64, _ type: JSONError.NumberType
    ) throws(JSONFailure) -> Int64 {
        let start = position
        let value = try integer()
        let limit: UInt64 = 1 &<< (bits &- 1)
        guard value.magnitude < limit || value.isNegative && value.magnitude == limit else {
            throw JSONFailure(.numberOutOfRange(type), at: start)
        }
        let magnitude = Int64(bitPattern: value.magnitude)
        return value.isNegative ? 0 &- magnitude : magnitude
    }

    /// Reads an integer, as a number or in a string.
    @_lifetime(self: copy self)
    private mutating func integer() throws(JSONFailure) -> Integer {
        let start = position
        let isQuoted = peek() == UInt8(ascii: "\"")
        if isQuoted { position &+= 1 }
        let isNegative = peek() == UInt8(ascii: "-")
        if isNegative { position &+= 1 }
        let first = position
        let magnitude = takeDigits()
        let count = position &- first
        let next = peek()
        let isEnd = isQuoted ? next == UInt8(ascii: "\"") : !Self.isPartOfNumber(next)
        // Nineteen digits fit 64 bits always; a leading zero may only stand alone.
        guard isEnd, 1...19 ~= count, count == 1 || byte(at: first) != UInt8(ascii: "0") else {
            position = start
            return try unusualInteger()
        }
        if isQuoted { position &+= 1 }
        return Integer(magnitude: magnitude, isNegative: isNegative)
    }

    private static func isPartOfNumber(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ".") || byte | 0x20 == UInt8(ascii: "e")
    }

    /// Reads digits, eight at a time. What they amount to may wrap around.
    @_lifetime(self: copy self)
    @inline(__always)
    private mutating func takeDigits() -> UInt64 {
        var value: UInt64 = 0
        var offset = position
        while input.byteCount &- offset >= 8 {
            let word = word(at: offset)
            let isDigits =
                (word & 0xf0f0_f0f0_f0f0_f0f0)
                | ((word &+ 0x0606_0606_0606_0606) & 0xf0f0_f0f0_f0f0_f0f0) >> 4
            guard isDigits == 0x3333_3333_3333_3333 else { break }
            value = value &* 100_000_000 &+ Self.number(ofDigits: word)
            offset &+= 8
        }
        while offset < input.byteCount {
            let digit = byte(at: offset) &- 0x30
            guard digit <= 9 else { break }
            value = value &* 10 &+ UInt64(digit)
            offset &+= 1
        }
        position = offset
        return value
    }

    /// The number of eight digits: pairs, then fours, then all are joined by multiplication.
    @inline(__always)
    private static func number(ofDigits word: UInt64) -> UInt64 {
        let digits = word & 0x0f0f_0f0f_0f0f_0f0f
        let pairs = (digits &* 10 &+ digits >> 8) & 0x00ff_00ff_00ff_00ff
        let fours = (pairs &* 100 &+ pairs >> 16) & 0x0000_ffff_0000_ffff
        return (fours &* 10_000 &+ fours >> 32) & 0xffff_ffff
    }

    /// An integer with exponent, fraction or twenty digits, or no number at all.
    @_lifetime(self: copy self)
    @inline(never)
    private mutating func unusualInteger() throws(JSONFailure) -> Integer {
        let start = position
        let number = try unusualNumber()
        switch number.value.integral {
        case .magnitude(let magnitude):
            return Integer(magnitude: magnitude, isNegative: number.value.isNegative)
        case .fraction: throw JSONFailure(.notIntegral, at: start)
        case .tooLarge:
            let type: JSONError.NumberType = number.value.isNegative ? .int64 : .uint64
            throw JSONFailure(.numberOutOfRange(type), at: start)
        }
    }

    // MARK: Numbers in general

    /// Reads a double: a number, or a string with a number or the name of a special value.
    @_lifetime(self: copy self)
    private mutating func double() throws(JSONFailure) -> Double {
        let start = position
        if peek() == UInt8(ascii: "\""), let special = takeSpecialDouble() { return special }
        let value = try unusualNumber().double
        guard value.isFinite else { throw JSONFailure(.numberOutOfRange(.double), at: start) }
        return value
    }

    @_lifetime(self: copy self)
    private mutating func takeSpecialDouble() -> Double? {
        for (name, value) in Self.specialDoubles {
            let size = name.utf8.count
            if unread >= size,
                input.extracting(position..<position &+ size).elementsEqual(name.utf8)
            {
                position &+= size
                return value
            }
        }
        return nil
    }

    private static let specialDoubles: [(String, Double)] = [
        ("\"NaN\"", .nan), ("\"Infinity\"", .infinity), ("\"-Infinity\"", -.infinity),
    ]

    /// Reads a number in either form.
    @_lifetime(self: copy self)
    private mutating func unusualNumber() throws(JSONFailure) -> (value: JSONNumber, double: Double)
    {
        let opening = position
        guard peek() == UInt8(ascii: "\"") else {
            guard peek() == UInt8(ascii: "-") || peek() &- 0x30 <= 9 else {
                throw unexpected(.numberOrString)
            }
            let number = try number(in: input, at: opening)
            position = number.range.upperBound
            return (number, number.double(in: input))
        }
        position &+= 1
        let start = output.end
        try copyString()
        let number = Self.number(in: output, from: start)
        output.end = start
        guard let number else { throw JSONFailure(.malformedNumber, at: opening) }
        return number
    }

    /// The number that the buffer's bytes from `start` on are, all of them.
    private static func number(
        in buffer: borrowing ByteBuffer, from start: Int
    ) -> (value: JSONNumber, double: Double)? {
        let text = buffer.bytes.extracting(start..<buffer.count)
        guard let number = JSONNumber(in: text, at: 0), number.range.upperBound == text.byteCount
        else { return nil }
        return (number, number.double(in: text))
    }

    private func number(in text: RawSpan, at start: Int) throws(JSONFailure) -> JSONNumber {
        if let number = JSONNumber(in: text, at: start) { return number }
        var end = start
        while end < text.byteCount, end &- start <= JSONNumber.sizeLimit,
            "+-.0123456789Ee".utf8.contains(byte(at: end))
        {
            end &+= 1
        }
        throw JSONFailure(
            end &- start > JSONNumber.sizeLimit
                ? .numberTooLong(limit: JSONNumber.sizeLimit) : .malformedNumber, at: start)
    }

    // MARK: Unknown values

    /// Reads any value for its form only.
    @_lifetime(self: copy self)
    @inline(never)
    mutating func skipValue(depth: Int) throws(JSONFailure) {
        switch peek() {
        case UInt8(ascii: "\""):
            position &+= 1
            try skipString()
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            guard depth < Self.skippedNestingLimit else {
                throw JSONFailure(.nestedTooDeep(limit: Self.skippedNestingLimit), at: position)
            }
            try skipContainer(depth: depth)
        case UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"):
            guard takeNull() || takeBool() != nil else { throw unexpected(.literal) }
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            position = try number(in: input, at: position).range.upperBound
        default: throw unexpected(.value)
        }
    }

    @_lifetime(self: copy self)
    private mutating func skipContainer(depth: Int) throws(JSONFailure) {
        let isArray = peek() == UInt8(ascii: "[")
        let closing = isArray ? UInt8(ascii: "]") : UInt8(ascii: "}")
        position &+= 1
        skipWhitespace()
        if peek() == closing {
            position &+= 1
            return
        }
        while true {
            if !isArray {
                try expect(UInt8(ascii: "\""), .key)
                try skipString()
                skipWhitespace()
                try expect(UInt8(ascii: ":"), .colon)
                skipWhitespace()
            }
            try skipValue(depth: depth &+ 1)
            skipWhitespace()
            if peek() == closing {
                position &+= 1
                return
            }
            try expect(UInt8(ascii: ","), isArray ? .commaOrBracket : .commaOrBrace)
            skipWhitespace()
        }
    }
}

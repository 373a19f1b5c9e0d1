import Primitives

extension JSONDecoder {
    /// Reads a string after its opening quote and writes it as a field.
    @_lifetime(self: copy self)
    @inline(__always)
    mutating func string(_ tag: UInt16) throws(JSONFailure) {
        let start = output.beginMessage(tag, lengthSize: 1)
        try copyString()
        output.endMessage(at: start, lengthSize: 1)
    }

    /// Reads a string after its opening quote, with the closing one, and appends what it means.
    ///
    /// Eight bytes at a time are copied and looked at; a byte that may not be copied as it stands
    /// ends the loop.
    @_lifetime(self: copy self)
    @inline(__always)
    mutating func copyString() throws(JSONFailure) {
        // What a string means is never longer than how it is written.
        output.reserve(unread &+ Chunk.size)
        var source = position
        var target = output.end
        while input.byteCount &- source >= Chunk.size {
            let chunk = Chunk(input, at: source)
            chunk.store(in: &output, at: target)
            let plain = chunk.plainCount
            source &+= plain
            target &+= plain
            if plain < Chunk.size {
                guard byte(at: source) == UInt8(ascii: "\"") else { break }
                position = source &+ 1
                output.end = target
                return
            }
        }
        position = source
        output.end = target
        try copyRest()
    }

    /// Goes on with a string where there is an escape or UTF-8, or the text is about to end.
    @_lifetime(self: copy self)
    @inline(never)
    private mutating func copyRest() throws(JSONFailure) {
        while true {
            while unread >= Chunk.size {
                let chunk = Chunk(input, at: position)
                chunk.store(in: &output, at: output.end)
                let plain = chunk.plainCount
                position &+= plain
                output.end &+= plain
                if plain < Chunk.size { break }
            }
            if peek() == UInt8(ascii: "\"") {
                position &+= 1
                return
            }
            try copySpecial()
        }
    }

    /// Copies one character or run that the fast loop left over: an escape, UTF-8, or the last
    /// bytes of the text.
    @_lifetime(self: copy self)
    private mutating func copySpecial() throws(JSONFailure) {
        guard position < input.byteCount else { throw unexpected(.closingQuote) }
        let byte = byte(at: position)
        switch byte {
        case UInt8(ascii: "\\"): try copyEscape()
        case 0..<0x20: throw JSONFailure(.controlCharacter(byte), at: position)
        case 0x80...: try copyScalars()
        default:
            output.append(byte)
            position &+= 1
        }
    }

    /// Copies characters beyond ASCII until there is an ASCII one.
    @_lifetime(self: copy self)
    private mutating func copyScalars() throws(JSONFailure) {
        while position < input.byteCount, byte(at: position) >= 0x80 {
            let size = scalarSize()
            guard size > 0 else { throw JSONFailure(.invalidUTF8, at: position) }
            for offset in 0..<size { output.append(byte(at: position &+ offset)) }
            position &+= size
        }
    }

    /// The size of the UTF-8 sequence of two to four bytes that is next; 0 if it is none.
    /// (The Unicode Standard, table 3-7.)
    private func scalarSize() -> Int {
        let first = byte(at: position)
        let size: Int
        var second: ClosedRange<UInt8> = 0x80...0xbf
        switch first {
        case 0xc2...0xdf: size = 2
        case 0xe0: (size, second) = (3, 0xa0...0xbf)
        case 0xed: (size, second) = (3, 0x80...0x9f)
        case 0xe1...0xef: size = 3
        case 0xf0: (size, second) = (4, 0x90...0xbf)
        case 0xf1...0xf3: size = 4
        case 0xf4: (size, second) = (4, 0x80...0x8f)
        default: return 0
        }
        guard unread >= size, second.contains(byte(at: position &+ 1)) else { return 0 }
        for offset in 2..<max(size, 2) where byte(at: position &+ offset) & 0xc0 != 0x80 {
            return 0
        }
        return size
    }

    @_lifetime(self: copy self)
    private mutating func copyEscape() throws(JSONFailure) {
        let start = position
        position &+= 1
        guard position < input.byteCount else { throw unexpected(.closingQuote) }
        let letter = byte(at: position)
        position &+= 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): output.append(letter)
        case UInt8(ascii: "b"): output.append(0x08)
        case UInt8(ascii: "f"): output.append(0x0c)
        case UInt8(ascii: "n"): output.append(0x0a)
        case UInt8(ascii: "r"): output.append(0x0d)
        case UInt8(ascii: "t"): output.append(0x09)
        case UInt8(ascii: "u"): try copyUnicodeEscape(from: start)
        default: throw JSONFailure(.invalidEscape, at: start)
        }
    }

    /// Writes the character of `\uXXXX`, or of two that form a surrogate pair.
    @_lifetime(self: copy self)
    private mutating func copyUnicodeEscape(from start: Int) throws(JSONFailure) {
        var scalar = try takeCodeUnit(from: start)
        if scalar & 0xfc00 == 0xd800 {
            guard unread >= 2, byte(at: position) == UInt8(ascii: "\\"),
                byte(at: position &+ 1) == UInt8(ascii: "u")
            else { throw JSONFailure(.loneSurrogate, at: start) }
            let second = position
            position &+= 2
            let low = try takeCodeUnit(from: second)
            guard low & 0xfc00 == 0xdc00 else { throw JSONFailure(.loneSurrogate, at: start) }
            scalar = 0x10000 &+ (scalar & 0x3ff) &<< 10 | low & 0x3ff
        }
        guard let character = Unicode.Scalar(scalar) else {
            throw JSONFailure(.loneSurrogate, at: start)
        }
        for byte in UTF8.encode(character) ?? .init() { output.append(byte) }
    }

    /// Reads four hexadecimal digits.
    @_lifetime(self: copy self)
    private mutating func takeCodeUnit(from start: Int) throws(JSONFailure) -> UInt32 {
        guard unread >= 4 else { throw JSONFailure(.invalidEscape, at: start) }
        var unit: UInt32 = 0
        for offset in 0..<4 {
            guard let digit = Hexadecimal.value(of: byte(at: position &+ offset)) else {
                throw JSONFailure(.invalidEscape, at: start)
            }
            unit = unit &<< 4 | UInt32(digit)
        }
        position &+= 4
        return unit
    }

    /// Reads a string after its opening quote for its form only.
    @_lifetime(self: copy self)
    @inline(never)
    mutating func skipString() throws(JSONFailure) {
        let start = output.end
        try copyString()
        output.end = start
    }

    // MARK: Strings that stand for bytes

    /// Reads an id: hexadecimal digits for exactly `size` bytes, or an empty string.
    @_lifetime(self: copy self)
    @inline(__always)
    mutating func identifier(_ tag: UInt16, size: Int) throws(JSONFailure) {
        guard peek() == UInt8(ascii: "\"") else { return try absent(.string) }
        position &+= 1
        output.makeFieldRoom()
        if unread > size &* 2, byte(at: position &+ size &* 2) == UInt8(ascii: "\"") {
            let end = output.end
            output.storeTag(tag)
            output.store(UInt64(truncatingIfNeeded: size), size: 1)
            var offset = 0
            while offset < size {
                guard let four = Hexadecimal.bytes(ofDigits: word(at: position &+ offset &* 2))
                else { break }
                output.store(UInt64(four), size: 4)
                offset &+= 4
            }
            if offset == size {
                position &+= size &* 2 &+ 1
                return
            }
            output.end = end
        }
        try unusualIdentifier(tag, size: size)
    }

    /// An id that is empty, is wrong, or is written with escapes.
    @_lifetime(self: copy self)
    @inline(never)
    private mutating func unusualIdentifier(_ tag: UInt16, size: Int) throws(JSONFailure) {
        let opening = position &- 1
        let start = output.beginMessage(tag, lengthSize: 1)
        try copyString()
        let digits = start &+ 1..<output.end
        guard digits.count == size * 2 || digits.isEmpty else {
            throw JSONFailure(
                .wrongIDLength(digits: digits.count, expected: size * 2), at: opening)
        }
        for index in 0..<digits.count / 2 {
            let byte = try hexadecimalByte(at: digits.lowerBound + index * 2, opening)
            output.overwrite(byte, at: digits.lowerBound + index)
        }
        output.end = digits.lowerBound &+ digits.count / 2
        output.endMessage(at: start, lengthSize: 1)
    }

    private func hexadecimalByte(at offset: Int, _ opening: Int) throws(JSONFailure) -> UInt8 {
        var byte: UInt8 = 0
        for index in offset...offset + 1 {
            let digit = output.bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self)
            guard let value = Hexadecimal.value(of: digit) else {
                throw JSONFailure(.notHexadecimal(digit), at: opening)
            }
            byte = byte << 4 | value
        }
        return byte
    }

    /// Reads base64 of either alphabet, with or without padding, and writes the bytes as a field.
    @_lifetime(self: copy self)
    mutating func base64(_ tag: UInt16) throws(JSONFailure) {
        guard peek() == UInt8(ascii: "\"") else { return try absent(.string) }
        let opening = position
        position &+= 1
        let start = output.beginMessage(tag, lengthSize: 1)
        try copyString()
        guard let size = output.decodeBase64(from: start &+ 1) else {
            throw JSONFailure(.notBase64, at: opening)
        }
        output.end = start &+ 1 &+ size
        output.endMessage(at: start, lengthSize: 1)
    }
}

/// Eight bytes of a string that are looked at together. (SIMD types would take more, but as of
/// Swift 6.3 their comparisons are loops.)
struct Chunk {
    static let size = 8

    private let word: UInt64

    @inline(__always)
    init(_ text: RawSpan, at offset: Int) {
        word = text.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
    }

    /// How many bytes there are before the first that is a quote, a backslash, a control character
    /// or not ASCII.
    ///
    /// Subtraction borrows into the top bit of bytes that are less, or had it before, and these are
    /// wanted too. What borrows from its neighbour is wanted itself, so the first one is exact.
    @inline(__always)
    var plainCount: Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quote = (word ^ ones &* 0x22) &- ones
        let backslash = (word ^ ones &* 0x5c) &- ones
        let special = quote | backslash | word | (word &- ones &* 0x20)
        return (special & (ones &* 0x80)).trailingZeroBitCount >> 3
    }

    @inline(__always)
    func store(in buffer: inout ByteBuffer, at offset: Int) {
        precondition(buffer.allocatedSize &- offset >= Self.size, "no room was made")
        buffer.storage.unsafelyUnwrapped.storeBytes(
            of: word, toByteOffset: offset, as: UInt64.self)
    }
}

extension ByteBuffer {
    @inline(__always)
    mutating func overwrite(_ byte: UInt8, at offset: Int) {
        precondition(offset >= 0 && offset < end, "nothing has been written there")
        storage.unsafelyUnwrapped.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
    }

    /// Replaces the base64 text from `start` to the end by the bytes it stands for, and says how
    /// many those are; `nil` if it is not base64.
    fileprivate mutating func decodeBase64(from start: Int) -> Int? {
        var textEnd = end
        while textEnd > start, end - textEnd < 2,
            bytes.unsafeLoad(fromByteOffset: textEnd - 1, as: UInt8.self) == UInt8(ascii: "=")
        {
            textEnd -= 1
        }
        let isPadded = textEnd < end
        guard (textEnd - start) % 4 != 1, !isPadded || (end - start) % 4 == 0 else { return nil }
        var bits: UInt32 = 0
        var bitCount = 0
        var size = 0
        for offset in start..<textEnd {
            let digit = bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
            guard let value = Self.base64Value(of: digit) else { return nil }
            bits = bits &<< 6 | UInt32(value)
            bitCount += 6
            if bitCount >= 8 {
                bitCount -= 8
                overwrite(UInt8(truncatingIfNeeded: bits >> UInt32(bitCount)), at: start + size)
                size += 1
            }
        }
        return size
    }

    private static func base64Value(of digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): digit &- UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): digit &- UInt8(ascii: "a") &+ 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit &- UInt8(ascii: "0") &+ 52
        case UInt8(ascii: "+"), UInt8(ascii: "-"): 62
        case UInt8(ascii: "/"), UInt8(ascii: "_"): 63
        default: nil
        }
    }
}

import Primitives

/// Writes a validated request as text.
///
/// Messages are ranges of the request's bytes, and a field is looked for where it is needed: text
/// is for people, so what counts here is that the code reads like the text. Of a message that may
/// occur once and occurs several times, the last one is shown.
struct TextWriter: ~Copyable, ~Escapable {
    typealias Message = Range<Int>

    let bytes: RawSpan
    var output: ByteBuffer

    @_lifetime(copy bytes)
    init(_ bytes: RawSpan, appendingTo output: consuming ByteBuffer) {
        self.bytes = bytes
        self.output = output
    }

    consuming func finish() -> ByteBuffer { output }

    var request: Message { 0..<bytes.byteCount }
}

// MARK: Reading fields

extension TextWriter {
    /// The values of one field of a message, one after the other.
    struct Values: ~Escapable {
        private var cursor: WireCursor
        private let end: Int
        private let number: UInt32

        @_lifetime(copy bytes)
        init(_ bytes: RawSpan, _ number: UInt32, in message: Message) {
            cursor = WireCursor(bytes, at: message.lowerBound)
            end = message.upperBound
            self.number = number
        }

        @_lifetime(self: copy self)
        mutating func nextField() -> WireField? {
            while let field = cursor.nextField(before: end) {
                if field.number == number { return field }
            }
            return nil
        }

        @_lifetime(self: copy self)
        mutating func next() -> Range<Int>? { nextField()?.payload }
    }

    @_lifetime(copy self)
    func values(_ number: UInt32, in message: Message) -> Values {
        Values(bytes, number, in: message)
    }

    func last(_ number: UInt32, in message: Message) -> Range<Int>? {
        var all = values(number, in: message)
        var last: Range<Int>?
        while let value = all.next() { last = value }
        return last
    }

    func count(_ number: UInt32, in message: Message) -> Int {
        var all = values(number, in: message)
        var count = 0
        while all.next() != nil { count += 1 }
        return count
    }

    /// A string or bytes, empty if absent.
    func text(_ number: UInt32, in message: Message) -> Range<Int> {
        last(number, in: message) ?? 0..<0
    }

    /// A message, empty if absent.
    func message(_ number: UInt32, in message: Message) -> Message {
        last(number, in: message) ?? 0..<0
    }

    func varint(_ number: UInt32, in message: Message) -> UInt64 {
        guard let value = last(number, in: message) else { return 0 }
        var cursor = WireCursor(bytes, at: value.lowerBound)
        return (try? cursor.varint(before: value.upperBound)) ?? 0
    }

    func fixed32(_ number: UInt32, in message: Message) -> UInt32 {
        guard let value = last(number, in: message), value.count == 4 else { return 0 }
        return WireCursor(bytes).halfWord(at: value.lowerBound)
    }

    func fixed64(_ number: UInt32, in message: Message) -> UInt64? {
        guard let value = last(number, in: message), value.count == 8 else { return nil }
        return WireCursor(bytes).word(at: value.lowerBound)
    }

    func double(_ number: UInt32, in message: Message) -> Double? {
        fixed64(number, in: message).map { Double(bitPattern: $0) }
    }

    /// Which member of a oneof a message has: the last of those numbers.
    func member(_ numbers: Set<UInt32>, in message: Message) -> WireField? {
        var cursor = WireCursor(bytes, at: message.lowerBound)
        var member: WireField?
        while let field = cursor.nextField(before: message.upperBound) {
            if numbers.contains(field.number) { member = field }
        }
        return member
    }

    /// Repeated numbers, packed or not. Made for one message at a time.
    func numbers(_ number: UInt32, in message: Message, areFixed: Bool) -> [UInt64] {
        var numbers: [UInt64] = []
        var all = values(number, in: message)
        while let field = all.nextField() {
            var cursor = WireCursor(bytes, at: field.payload.lowerBound)
            while cursor.offset < field.payload.upperBound {
                let end = field.payload.upperBound
                let next =
                    areFixed ? try? cursor.fixed64(before: end) : try? cursor.varint(before: end)
                guard let next else { break }
                numbers.append(next)
            }
        }
        return numbers
    }
}

// MARK: Writing

extension TextWriter {
    @_lifetime(self: copy self)
    mutating func write(_ text: StaticString) { output.append(text) }

    @_lifetime(self: copy self)
    mutating func write(_ number: Int) { output.appendDecimal(Int64(number)) }

    /// Writes bytes of the request as they stand.
    @_lifetime(self: copy self)
    mutating func write(_ text: Range<Int>) { output.append(bytes.extracting(text)) }

    @_lifetime(self: copy self)
    mutating func writeHexadecimal(_ identifier: Range<Int>) {
        let identifier = bytes.extracting(identifier)
        // An id of zeros is no id.
        for offset in 0..<identifier.byteCount
        where identifier.unsafeLoad(fromByteOffset: offset, as: UInt8.self) != 0 {
            return output.appendHexadecimal(identifier)
        }
    }

    @_lifetime(self: copy self)
    mutating func endLine() { output.append(UInt8(ascii: "\n")) }

    @_lifetime(self: copy self)
    mutating func line(_ label: StaticString) {
        write(label)
        endLine()
    }

    @_lifetime(self: copy self)
    mutating func line(_ label: StaticString, _ text: Range<Int>) {
        write(label)
        write(text)
        endLine()
    }

    @_lifetime(self: copy self)
    mutating func line(_ label: StaticString, _ text: StaticString) {
        write(label)
        write(text)
        endLine()
    }

    @_lifetime(self: copy self)
    mutating func line(_ label: StaticString, _ number: UInt64) {
        write(label)
        output.appendDecimal(number)
        endLine()
    }

    @_lifetime(self: copy self)
    mutating func line(_ label: StaticString, hexadecimal identifier: Range<Int>) {
        write(label)
        writeHexadecimal(identifier)
        endLine()
    }

    @_lifetime(self: copy self)
    mutating func line(_ label: StaticString, time nanoseconds: UInt64?) {
        write(label)
        output.appendTime(nanoseconds ?? 0)
        endLine()
    }

    @_lifetime(self: copy self)
    mutating func line(_ label: StaticString, fixed value: Double) {
        write(label)
        output.appendFixed(value)
        endLine()
    }
}

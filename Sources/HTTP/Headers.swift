import Primitives

/// Header fields in the order they came or were added; names are compared in any case.
///
/// Names and values are ranges of one array of bytes, so reading a head allocates twice, however
/// many fields it has. Names the protocol or its users ask for often are recognised once, while
/// parsing.
///
/// Invariant: every field's ranges lie within `bytes`.
package struct Headers: Sendable {
    struct Field: Sendable {
        let known: KnownHeader
        let nameStart: UInt32
        let nameEnd: UInt32
        let valueStart: UInt32
        let valueEnd: UInt32

        /// Heads are limited to far less than 4 GiB; beyond, ranges would be clamped, not wrapped.
        init(known: KnownHeader, name: Range<Int>, value: Range<Int>) {
            self.known = known
            nameStart = UInt32(clamping: name.lowerBound)
            nameEnd = UInt32(clamping: name.upperBound)
            valueStart = UInt32(clamping: value.lowerBound)
            valueEnd = UInt32(clamping: value.upperBound)
        }

        var name: Range<Int> { Int(nameStart)..<Int(nameEnd) }
        var value: Range<Int> { Int(valueStart)..<Int(valueEnd) }
    }

    private(set) var bytes: [UInt8]
    private(set) var fields: [Field]

    package init() {
        bytes = []
        fields = []
    }

    init(bytes: [UInt8], fields: [Field]) {
        self.bytes = bytes
        self.fields = fields
    }

    package var count: Int { fields.count }
    package var isEmpty: Bool { fields.isEmpty }

    /// The first value of that name.
    package subscript(name: String) -> String? {
        firstIndex(of: name).map { text(fields[$0].value) }
    }

    package subscript(known: KnownHeader) -> String? {
        fields.first { $0.known == known }.map { text($0.value) }
    }

    package func contains(_ name: String) -> Bool {
        firstIndex(of: name) != nil
    }

    package func contains(_ known: KnownHeader) -> Bool {
        fields.contains { $0.known == known }
    }

    /// Whether the first value of that name is `lowercase`, in any case. Allocates nothing.
    package func value(of known: KnownHeader, is lowercase: StaticString) -> Bool {
        guard let field = fields.first(where: { $0.known == known }) else { return false }
        return bytes.span.bytes.matches(field.value, ignoringCase: lowercase)
    }

    /// All values of that name, in order.
    package func values(of name: String) -> [String] {
        fields.filter { matches($0.name, name) }.map { text($0.value) }
    }

    /// Name and value of every field, in order.
    package var all: [(name: String, value: String)] {
        fields.map { (text($0.name), text($0.value)) }
    }

    /// Adds a field. Control characters, which would end the field early or start another one, are
    /// replaced by spaces: whoever builds headers from foreign text stays safe.
    package mutating func append(_ name: String, _ value: String) {
        let nameStart = bytes.count
        bytes.append(contentsOf: name.utf8)
        let valueStart = bytes.count
        bytes.append(contentsOf: value.utf8)
        for index in valueStart..<bytes.count where bytes[index].isControl {
            bytes[index] = .space
        }
        let name = nameStart..<valueStart
        let known = KnownHeader(spelledBy: bytes.span.bytes, name)
        fields.append(Field(known: known, name: name, value: valueStart..<bytes.count))
    }

    /// Adds a field, or replaces all of that name.
    package mutating func set(_ name: String, _ value: String) {
        remove(name)
        append(name, value)
    }

    package mutating func remove(_ name: String) {
        fields = fields.filter { !matches($0.name, name) }
    }

    /// Writes `Name: value` lines.
    func appendLines(to buffer: inout ByteBuffer) {
        for field in fields {
            let span = bytes.span.bytes
            buffer.append(span.extracting(field.name))
            buffer.append(": ")
            buffer.append(span.extracting(field.value))
            buffer.append("\r\n")
        }
    }

    private func firstIndex(of name: String) -> Int? {
        fields.firstIndex { matches($0.name, name) }
    }

    private func matches(_ range: Range<Int>, _ name: String) -> Bool {
        let utf8 = name.utf8
        guard range.count == utf8.count else { return false }
        return zip(range, utf8).allSatisfy { bytes[$0].lowercased == $1.lowercased }
    }

    private func text(_ range: Range<Int>) -> String {
        bytes.span.bytes.text(range)
    }
}

extension Headers: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, String)...) {
        self.init()
        for (name, value) in elements { append(name, value) }
    }
}

extension Headers: Equatable {
    /// The same fields in the same order, names in any case.
    package static func == (left: Headers, right: Headers) -> Bool {
        left.count == right.count
            && zip(left.all, right.all).allSatisfy {
                $0.name.lowercased() == $1.name.lowercased() && $0.value == $1.value
            }
    }
}

/// A field name that is recognised while parsing, so that asking for it compares one byte.
package enum KnownHeader: UInt8, Sendable, Equatable {
    case other
    case host, connection, contentLength, transferEncoding, expect, date
    case contentType, contentEncoding, accept, authorization, origin, retryAfter, location

    /// The length leaves at most three candidates, of which the first letter decides.
    init(spelledBy bytes: RawSpan, _ name: Range<Int>) {
        func spells(_ lowercase: StaticString, _ known: KnownHeader) -> KnownHeader? {
            bytes.matches(name, ignoringCase: lowercase) ? known : nil
        }
        let match: KnownHeader? =
            switch name.count {
            case 4: spells("host", .host) ?? spells("date", .date)
            case 6:
                spells("accept", .accept) ?? spells("expect", .expect) ?? spells("origin", .origin)
            case 8: spells("location", .location)
            case 10: spells("connection", .connection)
            case 11: spells("retry-after", .retryAfter)
            case 12: spells("content-type", .contentType)
            case 13: spells("authorization", .authorization)
            case 14: spells("content-length", .contentLength)
            case 16: spells("content-encoding", .contentEncoding)
            case 17: spells("transfer-encoding", .transferEncoding)
            default: nil
            }
        self = match ?? .other
    }
}

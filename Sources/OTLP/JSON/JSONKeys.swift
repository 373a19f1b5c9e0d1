import Primitives

/// What to do with the value of a key, packed into one word: kind, child message or enumeration,
/// and the protobuf tag as it stands on the wire.
struct JSONRule {
    let word: UInt32

    static let unknown = JSONRule(word: 0)

    init(word: UInt32) {
        self.word = word
    }

    init(_ field: JSONField) {
        let child =
            field.kind == .enumeration ? field.enumeration.rawValue : field.message.rawValue
        let tag = field.number << 3 | UInt32(field.kind.wireType)
        // A tag of two bytes: fields 16 and above. None needs three.
        let bytes = tag < 0x80 ? tag : (tag & 0x7f | 0x80) | (tag >> 7) << 8
        word = UInt32(field.kind.rawValue) | UInt32(child) << 8 | bytes << 16
    }

    @inline(__always)
    var kind: JSONKind { JSONKind(code: UInt8(truncatingIfNeeded: word)) }

    @inline(__always)
    var child: UInt8 { UInt8(truncatingIfNeeded: word >> 8) }

    @inline(__always)
    var message: JSONMessage { JSONMessage(code: child) }

    /// The tag's bytes, little-endian.
    @inline(__always)
    var tag: UInt16 { UInt16(truncatingIfNeeded: word >> 16) }
}

/// A key's bytes in three words, so that it is compared without a loop.
///
/// `last` overlaps `first` and `middle` in keys whose size is not a multiple of eight.
/// Invariant: two keys of at most `sizeLimit` bytes are equal if and only if all parts are.
struct JSONKey: Equatable {
    static let sizeLimit = 24

    /// The first eight bytes, or all of them and zeros.
    var first: UInt64
    /// Bytes 8 to 15 of a key of more than 16 bytes.
    var middle: UInt64
    /// The last eight bytes of a key of at least 8 bytes.
    var last: UInt64
    var size: Int

    @inline(__always)
    init(first: UInt64, middle: UInt64, last: UInt64, size: Int) {
        self.first = first
        self.middle = middle
        self.last = last
        self.size = size
    }

    init(_ bytes: RawSpan) {
        size = bytes.byteCount
        first = 0
        for offset in 0..<min(size, 8) {
            let byte = bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
            first |= UInt64(byte) << UInt64(offset * 8)
        }
        middle = size > 16 ? bytes.unsafeLoadUnaligned(fromByteOffset: 8, as: UInt64.self) : 0
        last = size >= 8 ? bytes.unsafeLoadUnaligned(fromByteOffset: size - 8, as: UInt64.self) : 0
    }

    @inline(__always)
    var hash: Int {
        let mixed =
            (first &* 0x9e37_79b9_7f4a_7c15) ^ (last &* 0xc2b2_ae3d_27d4_eb4f)
            &+ UInt64(truncatingIfNeeded: size)
        return Int(truncatingIfNeeded: mixed >> 54)
    }
}

/// Finds the rule for a key of a message: a hash table of all keys, then a table by message.
///
/// Both spellings are in it, `traceId` and `trace_id`: the specification allows only the first, but
/// otelcol takes both, so senders with the second exist.
final class JSONKeys: Sendable {
    static let shared = JSONKeys()

    /// Twice the number of hash values, so that a probe needs no wrap.
    private static let slotCount = 2 * 1024

    let keys: [JSONKey]
    /// Position of each key's rules, by slot.
    let columns: [UInt16]
    /// `rules[column + message]`.
    let rules: [UInt32]

    private init() {
        let absent = JSONKey(first: 0, middle: 0, last: 0, size: -1)
        var keys = [JSONKey](repeating: absent, count: Self.slotCount)
        var columns = [UInt16](repeating: 0, count: Self.slotCount)
        let messageCount = JSONMessage.allCases.count
        var rules = [UInt32](repeating: 0, count: messageCount)  // Those of no key at all.
        for message in JSONMessage.allCases {
            for field in message.fields + message.legacyFields {
                for name in Set([field.name, field.protoName]) {
                    let key = JSONKey(Array(name.utf8).span.bytes)
                    precondition(key.size <= JSONKey.sizeLimit, "the field name is too long")
                    var slot = key.hash
                    while keys[slot].size >= 0 && keys[slot] != key { slot += 1 }
                    if keys[slot].size < 0 {
                        keys[slot] = key
                        columns[slot] = UInt16(rules.count)
                        rules.append(contentsOf: repeatElement(0, count: messageCount))
                    }
                    rules[Int(columns[slot]) + Int(message.rawValue)] = JSONRule(field).word
                }
            }
        }
        self.keys = keys
        self.columns = columns
        self.rules = rules
    }

    /// The rule for `key`, `unknown` if `message` has no such field.
    @inline(__always)
    func rule(for key: JSONKey, of message: JSONMessage) -> JSONRule {
        var slot = key.hash
        while slot < keys.count, keys[slot].size >= 0 {
            if keys[slot] == key {
                return JSONRule(word: rules[Int(columns[slot]) &+ Int(message.rawValue)])
            }
            slot &+= 1
        }
        return .unknown
    }
}

import Primitives

/// Keys of attributes that are looked for all at once, in one walk over a message.
package struct AttributeKeys: Sendable {
    private struct Key {
        let offset: Int
        let count: Int
    }

    private var bytes: [UInt8] = []
    private var keys: [Key] = []
    private var sizes = KeySizes()

    package init() {}

    package var count: Int { keys.count }

    /// The position of the key, which is added if it is new.
    package mutating func insert(_ text: String) -> Int {
        let new = Array(text.utf8)
        if let known = keys.firstIndex(where: {
            bytes[$0.offset..<$0.offset + $0.count] == new[...]
        }) {
            return known
        }
        keys.append(Key(offset: bytes.count, count: new.count))
        bytes += new
        sizes.insert(new.count)
        return keys.count - 1
    }

    /// Puts where the value of each key's first attribute lies in `values`, one for each key; of
    /// keys that are not there, an empty range before the body. How many are there.
    package func find(
        in message: borrowing Message, _ tag: UInt32, into values: inout [Range<Int>]
    ) -> Int {
        for position in values.indices { values[position] = -1 ..< -1 }
        var found = 0
        var cursor = WireCursor(message.body, at: message.range.lowerBound)
        while found < keys.count, let field = cursor.nextField(before: message.range.upperBound) {
            if field.tag == tag { found &+= note(message.body, field.payload, in: &values) }
        }
        return found
    }

    private func note(
        _ body: RawSpan, _ pair: Range<Int>, in values: inout [Range<Int>]
    ) -> Int {
        var key = 0..<0
        var value = 0..<0
        var cursor = WireCursor(body, at: pair.lowerBound)
        while let field = cursor.nextField(before: pair.upperBound) {
            if field.tag == KeyValueTag.key { key = field.payload }
            if field.tag == KeyValueTag.value { value = field.payload }
        }
        guard sizes.contains(key.count) else { return 0 }
        let text = body.extracting(key)
        for position in keys.indices where keys[position].count == key.count {
            let wanted = keys[position].offset..<keys[position].offset &+ key.count
            guard bytes.span.bytes.extracting(wanted).hasSameBytes(as: text) else { continue }
            if values[position].lowerBound >= 0 { return 0 }
            values[position] = value
            return 1
        }
        return 0
    }
}

extension Message {
    /// The value at a place that `AttributeKeys.find` gave.
    @_lifetime(copy self)
    package func value(at range: Range<Int>) -> AnyValue { AnyValue(body, range) }
}

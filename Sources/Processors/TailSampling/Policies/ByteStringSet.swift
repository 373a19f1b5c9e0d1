import Primitives

/// Texts to look up by their bytes, in place. Built once, of texts from the configuration.
///
/// A table of positions with open addressing, at most half full; the bytes of all texts lie one
/// after the other.
struct ByteStringSet: Sendable {
    private struct Entry {
        let hash: UInt64
        let offset: Int
        let count: Int
    }

    private var bytes: [UInt8] = []
    private var entries: [Entry] = []
    /// 0 for an empty place, otherwise the position of the entry and one.
    private var table: [UInt32]

    init(_ texts: some Sequence<String>) {
        let distinct = Set(texts)
        var size = 4
        while size < distinct.count * 2 { size *= 2 }
        table = [UInt32](repeating: 0, count: size)
        for text in distinct { insert(Array(text.utf8)) }
    }

    var isEmpty: Bool { entries.isEmpty }

    private mutating func insert(_ text: [UInt8]) {
        let hash = Self.hash(text.span.bytes)
        entries.append(Entry(hash: hash, offset: bytes.count, count: text.count))
        bytes += text
        var place = Int(truncatingIfNeeded: hash) & (table.count - 1)
        while table[place] != 0 { place = (place + 1) & (table.count - 1) }
        table[place] = UInt32(truncatingIfNeeded: entries.count)
    }

    func contains(_ text: RawSpan) -> Bool {
        let hash = Self.hash(text)
        var place = Int(truncatingIfNeeded: hash) & (table.count - 1)
        while table[place] != 0 {
            let entry = entries[Int(table[place]) - 1]
            if entry.hash == hash, entry.count == text.byteCount,
                bytes.span.bytes.extracting(entry.offset..<entry.offset + entry.count)
                    .hasSameBytes(as: text)
            {
                return true
            }
            place = (place + 1) & (table.count - 1)
        }
        return false
    }

    /// Mixes eight bytes at a time.
    static func hash(_ text: RawSpan, from seed: UInt64 = 0x9e37_79b9_7f4a_7c15) -> UInt64 {
        var hash = seed ^ UInt64(truncatingIfNeeded: text.byteCount)
        var offset = 0
        while text.byteCount &- offset >= 8 {
            let word = unsafe text.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
            hash = mixed(hash ^ word)
            offset &+= 8
        }
        var rest: UInt64 = 0
        while offset < text.byteCount {
            let byte = unsafe text.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
            rest = rest &<< 8 | UInt64(byte)
            offset &+= 1
        }
        return mixed(hash ^ rest)
    }

    private static func mixed(_ word: UInt64) -> UInt64 {
        let product = word.multipliedFullWidth(by: 0xa076_1d64_78bd_642f)
        return product.high ^ product.low
    }
}

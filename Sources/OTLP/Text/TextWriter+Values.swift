import Primitives

// `AnyValue`: string 1, bool 2, int 3, double 4, array 5, key-value list 6, bytes 7.

extension TextWriter {
    private static let valueNumbers: Set<UInt32> = [1, 2, 3, 4, 5, 6, 7]

    /// Writes the name of a value's type and the value in parentheses.
    @_lifetime(self: copy self)
    mutating func typedValue(_ value: Message) {
        write(typeName(of: value))
        write("(")
        plainValue(value)
        write(")")
    }

    private func typeName(of value: Message) -> StaticString {
        switch member(Self.valueNumbers, in: value)?.number {
        case 1: "Str"
        case 2: "Bool"
        case 3: "Int"
        case 4: "Double"
        case 5: "Slice"
        case 6: "Map"
        case 7: "Bytes"
        default: "Empty"
        }
    }

    /// Writes a value without its type: strings as they are, lists and maps as JSON.
    @_lifetime(self: copy self)
    mutating func plainValue(_ value: Message) {
        guard let field = member(Self.valueNumbers, in: value) else { return }
        switch field.number {
        case 1: write(field.payload)
        case 4: output.appendShortest(double(4, in: value) ?? 0)
        case 7: output.appendBase64(bytes.extracting(field.payload))
        default: json(field, of: value)
        }
    }

    /// Writes a value inside a list or map: JSON with plain numbers, not that of OTLP.
    @_lifetime(self: copy self)
    private mutating func json(_ value: Message) {
        guard let field = member(Self.valueNumbers, in: value) else { return write("null") }
        json(field, of: value)
    }

    @_lifetime(self: copy self)
    private mutating func json(_ field: WireField, of value: Message) {
        switch field.number {
        case 1: output.appendJSONString(bytes.extracting(field.payload))
        case 2: write(varint(2, in: value) != 0 ? "true" : "false")
        case 3: output.appendDecimal(Int64(bitPattern: varint(3, in: value)))
        case 4: output.appendJSONDouble(double(4, in: value) ?? 0)
        case 5: jsonArray(field.payload)
        case 6: jsonObject(field.payload)
        default:
            write("\"")
            output.appendBase64(bytes.extracting(field.payload))
            write("\"")
        }
    }

    @_lifetime(self: copy self)
    mutating func jsonArray(_ array: Message) {
        write("[")
        var elements = values(1, in: array)
        var isFirst = true
        while let element = elements.next() {
            if !isFirst { write(",") }
            isFirst = false
            json(element)
        }
        write("]")
    }

    /// Keys are in the order of their bytes; of equal ones the last counts.
    @_lifetime(self: copy self)
    mutating func jsonObject(_ list: Message) {
        var entries: [(key: Range<Int>, value: Message)] = []
        var all = values(1, in: list)
        while let entry = all.next() { entries.append((text(1, in: entry), message(2, in: entry))) }
        // Not lexical equality of ranges but of what they hold; the sort is stable.
        let order = sorted(entries.map(\.key))
        write("{")
        var isFirst = true
        for (index, position) in order.enumerated() {
            let entry = entries[position]
            if index + 1 < order.count, isEqual(entry.key, entries[order[index + 1]].key) {
                continue
            }
            if !isFirst { write(",") }
            isFirst = false
            output.appendJSONString(bytes.extracting(entry.key))
            write(":")
            json(entry.value)
        }
        write("}")
    }

    /// The indices of keys in the order of the keys' bytes.
    private func sorted(_ keys: [Range<Int>]) -> [Int] {
        let texts = keys.map { key in
            bytes.extracting(key).withUnsafeBytes { Array($0) }
        }
        return texts.indices.sorted { left, right in
            texts[left] == texts[right]
                ? left < right : texts[left].lexicographicallyPrecedes(texts[right])
        }
    }

    private func isEqual(_ left: Range<Int>, _ right: Range<Int>) -> Bool {
        guard left.count == right.count else { return false }
        let left = bytes.extracting(left)
        let right = bytes.extracting(right)
        return (0..<left.byteCount).allSatisfy { offset in
            left.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
                == right.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
        }
    }
}

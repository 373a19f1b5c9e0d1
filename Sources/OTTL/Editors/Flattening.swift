import Primitives

/// Makes one level of many: `{"a": {"b": 1, "c": [2]}}` becomes `{"a.b": 1, "a.c.0": 2}`.
struct Flattening {
    private(set) var result = MapDraft()
    /// Levels that are made flat.
    private let depth: Int64
    /// Keys that come up again get a number, instead of the last one counting.
    private let resolvesConflicts: Bool
    private var positions: [[UInt8]: Int] = [:]
    private var counts: [[UInt8]: Int] = [:]

    init(depth: Int64, resolvesConflicts: Bool) {
        self.depth = depth
        self.resolvesConflicts = resolvesConflicts
    }

    mutating func add(_ map: MapValue, under prefix: [UInt8], in body: RawSpan) {
        add(map, prefix, level: 0, in: body)
    }

    private mutating func add(
        _ map: MapValue, _ prefix: [UInt8], level: Int64, in body: RawSpan
    ) {
        for entry in body.entries(of: map) {
            add(entry.value, Self.joined(prefix, entry.key), level: level, in: body)
        }
    }

    /// As deep as what arrived is nested, which is bounded.
    private mutating func add(
        _ value: Value, _ key: [UInt8], level: Int64, in body: RawSpan
    ) {
        switch value {
        case .map(let map) where level < depth: add(map, key, level: level + 1, in: body)
        case .list(let list) where level < depth:
            for (index, element) in body.elements(of: list).enumerated() {
                let name = Self.joined(key, Array("\(index)".utf8))
                add(element, name, level: level + 1, in: body)
            }
        default: put(key, value)
        }
    }

    private static func joined(_ prefix: [UInt8], _ key: [UInt8]) -> [UInt8] {
        prefix.isEmpty ? key : prefix + [UInt8(ascii: ".")] + key
    }

    private mutating func put(_ key: [UInt8], _ value: Value) {
        guard let position = positions[key] else {
            positions[key] = result.entries.count
            return result.append(.own(key), value)
        }
        guard resolvesConflicts else { return result.setValue(value, at: position) }
        let number = counts[key, default: 0]
        counts[key] = number + 1
        let name = Self.joined(key, Array("\(number)".utf8))
        if let position = positions[name] { return result.setValue(value, at: position) }
        positions[name] = result.entries.count
        result.append(.own(name), value)
    }
}

import Primitives

/// Finds groups by the hash of their bytes. Open addressing; at most half full.
///
/// The hash is seeded afresh in each process, so a sender cannot choose resources that collide.
struct GroupTable: ~Copyable {
    private struct Slot {
        var hash: UInt64 = 0
        /// −1 if the slot is free.
        var group: Int32 = -1
    }

    private var slots = [Slot](repeating: Slot(), count: 64)
    private var count = 0

    /// The groups with a hash, one at a time: start with the hash, go on until `nil`.
    struct Probe {
        fileprivate let hash: UInt64
        fileprivate var position: Int
    }

    func probe(_ hash: UInt64) -> Probe {
        Probe(hash: hash, position: Int(truncatingIfNeeded: hash) & (slots.count &- 1))
    }

    func next(_ probe: inout Probe) -> Int32? {
        while true {
            let slot = slots[probe.position]
            if slot.group < 0 { return nil }
            probe.position = (probe.position &+ 1) & (slots.count &- 1)
            if slot.hash == probe.hash { return slot.group }
        }
    }

    mutating func insert(_ group: Int32, _ hash: UInt64) {
        count += 1
        if count * 2 > slots.count { grow() }
        place(Slot(hash: hash, group: group))
    }

    private mutating func place(_ slot: Slot) {
        var position = Int(truncatingIfNeeded: slot.hash) & (slots.count &- 1)
        while slots[position].group >= 0 { position = (position &+ 1) & (slots.count &- 1) }
        slots[position] = slot
    }

    private mutating func grow() {
        let old = slots
        slots = [Slot](repeating: Slot(), count: old.count * 2)
        for slot in old where slot.group >= 0 { place(slot) }
    }
}

extension RawSpan {
    private static let hashSeed = UInt64.random(in: .min ... .max)

    /// A seeded hash of two extents (wyhash's folded multiplication, 16 bytes a step).
    func groupHash(_ first: Extent, _ second: Extent, salt: UInt64) -> UInt64 {
        let start = Self.hashSeed ^ salt &* 0x9e37_79b9_7f4a_7c15
        return hash(second, from: hash(first, from: start))
    }

    private func hash(_ extent: Extent, from seed: UInt64) -> UInt64 {
        let bytes = WireCursor(self)
        let end = extent.end
        var offset = Int(extent.offset)
        var hash = Self.fold(
            seed ^ UInt64(extent.size), extent.isPresent ? 0xa076_1d64_78bd_642f : 1)
        while end &- offset >= 16 {
            hash = Self.fold(
                bytes.word(at: offset) ^ 0xe703_7ed1_a0b4_28db ^ hash,
                bytes.word(at: offset &+ 8) ^ 0x8ebc_6af0_9c88_c6e3)
            offset &+= 16
        }
        var rest: UInt64 = 0
        if end &- offset >= 8 {
            rest = bytes.word(at: offset)
            offset &+= 8
        }
        var tail: UInt64 = 0
        while offset < end {
            tail = tail &<< 8 | UInt64(bytes.byte(at: offset))
            offset &+= 1
        }
        return Self.fold(rest ^ 0x5899_65cc_7537_4cc3 ^ hash, tail ^ 0x1d8e_4e27_c47d_124f)
    }

    @inline(__always)
    private static func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }

    /// Whether both extents are absent, or both present with the same bytes.
    func matches(_ extent: Extent, _ other: RawSpan, _ otherExtent: Extent) -> Bool {
        guard extent.size == otherExtent.size, extent.isPresent == otherExtent.isPresent else {
            return false
        }
        return extracting(extent.range).hasSameBytes(as: other.extracting(otherExtent.range))
    }
}

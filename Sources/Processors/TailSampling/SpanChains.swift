import OTLP
import Primitives

/// The spans of each trace, in the order of arrival: a chain of entries of 12 bytes.
struct SpanChains: Sendable {
    private struct Entry: Sendable {
        let place: SpanStock.Place
        /// The next of the chain, or the next free one.
        var next: UInt32
    }

    static let bytesPerSpan = MemoryLayout<Entry>.stride
    static let none = UInt32.max
    private static let chunkSize = 8192

    private var entries = ChunkedArray<Entry>(chunkSize: chunkSize)
    private var firstFree = none
    private(set) var count = 0

    /// Appends to the chain that ends at `last`; starts one if that is `none`.
    @inline(__always)
    mutating func append(_ place: SpanStock.Place, after last: UInt32) -> UInt32 {
        count &+= 1
        let index: UInt32
        if firstFree == Self.none {
            index = UInt32(truncatingIfNeeded: entries.count)
            entries.append(Entry(place: place, next: Self.none))
        } else {
            index = firstFree
            firstFree = entries[Int(index)].next
            entries[Int(index)] = Entry(place: place, next: Self.none)
        }
        if last != Self.none { entries[Int(last)].next = index }
        return index
    }

    /// Removes the first entry of a chain and moves `first` to the next one.
    @inline(__always)
    mutating func removeFirst(_ first: inout UInt32) -> SpanStock.Place? {
        guard first != Self.none else { return nil }
        let index = first
        let place = entries[Int(index)].place
        first = entries[Int(index)].next
        entries[Int(index)].next = firstFree
        firstFree = index
        count &-= 1
        if count == 0 { reset() }
        return place
    }

    /// Gives back what a burst needed.
    private mutating func reset() {
        guard entries.count > Self.chunkSize else { return }
        entries.removeAll()
        firstFree = Self.none
    }
}

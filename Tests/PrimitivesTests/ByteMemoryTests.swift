import Testing

@testable import Primitives

/// Blocks of all sizes: bytes survive growing and shrinking, and memory is used again.
struct ByteMemoryTests {
    private static let sizes = [
        0, 1, 100, 32_767, 32_768, 32_769, 40_960, 100_000, 262_144, 300_001, 5_000_000,
    ]

    @Test(arguments: sizes)
    func `what a buffer has survives every change of its size`(size: Int) {
        for target in Self.sizes where target >= size {
            var buffer = ByteBuffer(capacity: size)
            for number in 0..<size { buffer.append(UInt8(truncatingIfNeeded: number &* 7)) }

            buffer.reserve(target - size)
            #expect(buffer.capacity >= target)
            let body = buffer.freeze()

            #expect(body.count == size)
            let isUnchanged = body.withUnsafeBytes { bytes in
                bytes.indices.allSatisfy { bytes[$0] == UInt8(truncatingIfNeeded: $0 &* 7) }
            }
            #expect(isUnchanged, "\(size) to \(target)")
        }
    }

    @Test func `a mapping that was freed is used again, if it has about the size`() throws {
        var mappings = Mappings()
        let first = try Self.take(409_600, from: &mappings)
        mappings.free(first)

        let tooSmall = try Self.take(413_696, from: &mappings)
        let tooLarge = try Self.take(200_704, from: &mappings)
        let again = try Self.take(348_160, from: &mappings)

        #expect(tooSmall.storage != first.storage && tooSmall.size == 413_696)
        #expect(tooLarge.storage != first.storage && tooLarge.size == 200_704)
        #expect(again.storage == first.storage && again.size == 409_600)
        for mapping in [tooSmall, tooLarge, again] { mappings.free(mapping) }
        mappings.unmapSpares()
    }

    @Test func `what is only announced does not make more be kept`() throws {
        var mappings = Mappings()
        let announced = try (0..<100).map { _ in try Self.take(64 << 20, from: &mappings) }
        let all = try (0..<100).map { _ in try Self.take(1 << 20, from: &mappings) }
        for mapping in all { mappings.free(mapping) }

        #expect(mappings.spareSize <= 64 << 20)
        for mapping in announced { mappings.free(mapping) }
        mappings.unmapSpares()
    }

    private static func take(
        _ size: Int, from mappings: inout Mappings
    ) throws -> ByteMemory.Block {
        let taken = mappings.take(size)
        return try #require(taken)
    }

    @Test(arguments: [(used: 0, spares: 48), (used: 30, spares: 18), (used: 100, spares: 4)])
    func `of what was freed only so much is kept`(used: Int, spares: Int) throws {
        var mappings = Mappings()
        let all = try (0..<200).map { _ in try Self.take(1 << 20, from: &mappings) }
        for mapping in all[used...] { mappings.free(mapping) }

        #expect(mappings.spareSize == spares << 20)
        #expect(mappings.usedSize == used << 20)
        for mapping in all[..<used] { mappings.free(mapping) }
        mappings.unmapSpares()
        #expect(mappings.spareSize == 0)
    }

    @Test func `what was kept and not needed is given back`() throws {
        var mappings = Mappings()
        let burst = try (0..<40).map { _ in try Self.take(1 << 20, from: &mappings) }
        for mapping in burst { mappings.free(mapping) }
        mappings.unmapUnneeded()
        #expect(mappings.spareSize == 40 << 20)

        // From now on six at a time are enough.
        for _ in 0..<3 {
            let few = try (0..<6).map { _ in try Self.take(1 << 20, from: &mappings) }
            for mapping in few { mappings.free(mapping) }
        }
        mappings.unmapUnneeded()
        #expect(mappings.spareSize == 6 << 20)

        mappings.unmapUnneeded()
        #expect(mappings.spareSize == 0)
    }

    @Test func `what is wanted has its place at once, what is not known grows`() {
        var known = ByteBuffer()
        known.reserve(65_536, wanted: 3_000_000)
        var small = ByteBuffer()
        small.reserve(100, wanted: 200)

        #expect(known.capacity >= 3_000_000)
        #expect(small.capacity >= 100)
    }

    @Test func `a frozen buffer gives back what it does not need`() {
        var buffer = ByteBuffer(capacity: 4_000_000)
        for _ in 0..<50_000 { buffer.append(1) }

        let storage = buffer.storage
        let body = buffer.freeze()

        // So that the mapping is whole for who wants one of its size next.
        #expect(body.withUnsafeBytes { $0.baseAddress } != storage.map { UnsafeRawPointer($0) })
        #expect(body.count == 50_000)
        // A mapping that is used again may be a third larger.
        #expect(body.allocatedSize <= 71_000)
    }
}

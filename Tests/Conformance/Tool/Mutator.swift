import TestSupport

/// Damages bytes in the ways in which bytes get damaged, or are damaged on purpose.
struct Mutator {
    private let original: [UInt8]
    private var random: SeededGenerator

    init(_ original: [UInt8], seed: UInt64) {
        self.original = original
        random = SeededGenerator(seed: seed)
    }

    /// The original with one to three mutations.
    mutating func next() -> [UInt8] {
        var bytes = original
        for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
            mutate(&bytes)
        }
        return bytes
    }

    private mutating func mutate(_ bytes: inout [UInt8]) {
        let position = Int.random(in: bytes.indices, using: &random)
        switch Int.random(in: 0..<9, using: &random) {
        case 0: bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1: bytes[position] = UInt8.random(in: .min ... .max, using: &random)
        case 2: bytes[position] &+= Bool.random(using: &random) ? 1 : 0xff  // Sizes, by one.
        case 3: bytes.removeSubrange(position...)
        case 4: bytes.removeSubrange(position..<end(of: position, in: bytes))
        case 5: splice(&bytes, at: position)
        case 6: bytes.insert(Self.interesting.randomElement(using: &random) ?? 0, at: position)
        case 7: bytes[position] = Self.interesting.randomElement(using: &random) ?? 0
        default: wrap(&bytes, at: position)
        }
    }

    /// Bytes that mean something to JSON or to protobuf.
    private static let interesting: [UInt8] =
        Array(#""\{}[]:,0-.eEtfnu/"#.utf8) + [0, 0x0a, 0x12, 0x7f, 0x80, 0xc0, 0xed, 0xf4, 0xff]

    private mutating func end(of position: Int, in bytes: [UInt8]) -> Int {
        min(bytes.count, position + Int.random(in: 1...16, using: &random))
    }

    /// Inserts a piece of the original somewhere else.
    private mutating func splice(_ bytes: inout [UInt8], at position: Int) {
        let start = Int.random(in: original.indices, using: &random)
        let end = min(original.count, start + Int.random(in: 1...64, using: &random))
        bytes.insert(contentsOf: original[start..<end], at: position)
    }

    /// Repeats a piece many times, which nests it in itself if it opens something.
    private mutating func wrap(_ bytes: inout [UInt8], at position: Int) {
        let piece = bytes[position..<end(of: position, in: bytes)]
        for _ in 0..<Int.random(in: 1...40, using: &random) {
            bytes.insert(contentsOf: piece, at: position)
        }
    }
}

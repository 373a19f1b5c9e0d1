import Primitives

/// The fields of all messages as the JSON encoder needs them: flat, in the order of writing, and
/// found by field number.
struct JSONLayouts: Sendable {
    static let shared = JSONLayouts()

    /// More fields than any message has.
    static let fieldLimit = 16

    /// One field.
    struct Entry: Sendable {
        let name: JSONName
        let number: UInt32
        let kind: JSONKind
        let message: JSONMessage
        let presence: JSONField.Presence
        let isOneofMember: Bool
    }

    let entries: [Entry]
    /// Entries of each message.
    let ranges: [Range<Int>]
    /// The position of a field among its message's entries, by message and number; 255 if unknown.
    private let positions: [UInt8]

    /// More than the greatest number of a field.
    private static let numberLimit: UInt32 = 32

    private init() {
        var entries: [Entry] = []
        var ranges: [Range<Int>] = []
        let width = Int(Self.numberLimit)
        var positions = [UInt8](repeating: 255, count: JSONMessage.allCases.count * width)
        for message in JSONMessage.allCases {
            let first = entries.count
            for field in message.fields {
                let position = UInt8(truncatingIfNeeded: entries.count - first)
                positions[Int(message.rawValue) * width + Int(field.number)] = position
                entries.append(
                    Entry(
                        name: JSONName(field.name), number: field.number, kind: field.kind,
                        message: field.message, presence: field.presence,
                        isOneofMember: field.isOneofMember))
            }
            precondition(entries.count - first <= Self.fieldLimit, "the message has more fields")
            ranges.append(first..<entries.count)
        }
        self.entries = entries
        self.ranges = ranges
        self.positions = positions
    }

    /// The position of a field among its message's entries.
    @inline(__always)
    func position(of number: UInt32, in message: JSONMessage) -> Int? {
        guard number < Self.numberLimit else { return nil }
        let position = positions[
            Int(message.rawValue) &* Int(Self.numberLimit)
                &+ Int(truncatingIfNeeded: number)]
        return position == 255 ? nil : Int(position)
    }
}

/// A member's name with its quotes and colon, as words to be stored without a loop.
struct JSONName: Sendable {
    static let sizeLimit = 32

    fileprivate var words = InlineArray<4, UInt64>(repeating: 0)
    fileprivate var size = 0

    init(_ name: String) {
        for byte in "\"\(name)\":".utf8 {
            precondition(size < Self.sizeLimit, "the name of the field is too long")
            words[size / 8] |= UInt64(byte) << UInt64(size % 8 * 8)
            size += 1
        }
    }
}

extension ByteBuffer {
    @inline(__always)
    mutating func append(_ name: JSONName) {
        if allocatedSize &- end < JSONName.sizeLimit { makeRoom(for: JSONName.sizeLimit) }
        store(name.words[0], size: 8)
        store(name.words[1], size: 8)
        store(name.words[2], size: 8)
        store(name.words[3], size: 8)
        end &+= name.size &- JSONName.sizeLimit
    }
}

import Glibc

/// What clocks show in a place, by a file of the time zone database: changes there were, and the
/// rule for what comes after them. (RFC 9636: TZif)
///
/// Bounds: a file of at most `sizeLimit` bytes, read when a configuration is. Immutable.
package struct TimeZoneRules: Sendable, Equatable {
    package static let sizeLimit = 1 << 20
    package static let directory = "/usr/share/zoneinfo/"

    /// How far clocks are ahead of UTC, and what that is called.
    package struct Offset: Sendable, Equatable {
        package let seconds: Int64
        package let name: String
    }

    private let changes: [Int64]
    /// Which offset applies from the change with the same position on.
    private let changeOffsets: [UInt8]
    private let offsets: [Offset]
    private let rule: YearlyRule?

    /// The place's file; nil if there is none, or none that can be read.
    package init?(named name: String) {
        let isSafe = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
                UInt8(ascii: "+"), UInt8(ascii: "/"):
                true
            default: false
            }
        }
        guard isSafe, !name.hasPrefix("/"), let bytes = Self.contents(Self.directory + name)
        else { return nil }
        self.init(bytes)
    }

    private static func contents(_ path: String) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: sizeLimit)
        var count = 0
        while count < bytes.count {
            let size = bytes.withUnsafeMutableBytes { buffer in
                read(file, buffer.baseAddress.map { $0 + count }, buffer.count - count)
            }
            guard size >= 0 else { return nil }
            if size == 0 { break }
            count += size
        }
        return Array(bytes[..<count])
    }

    /// The content of such a file; nil if it is of another kind.
    package init?(_ bytes: [UInt8]) {
        var reader = Reader(bytes: bytes[...])
        // The first block is for programs that know 32 bits alone.
        guard let old = reader.header(), old.version >= UInt8(ascii: "2"),
            reader.skip(old.size(ofTime: 4)), let header = reader.header(),
            let times = reader.take(header.changeCount * 8),
            let indices = reader.take(header.changeCount),
            let types = reader.take(header.typeCount * 6),
            let names = reader.take(header.nameSize),
            reader.skip(header.leapCount * 12 + header.standardCount + header.utcCount)
        else { return nil }
        changes = (0..<header.changeCount).map { times.integer(at: $0 * 8, size: 8) }
        changeOffsets = Array(indices)
        offsets = (0..<header.typeCount).map { index in
            Offset(
                seconds: types.integer(at: index * 6, size: 4),
                name: names.text(at: Int(types[types.startIndex + index * 6 + 5])))
        }
        rule = YearlyRule(reader.footer())
        let areInRange = changeOffsets.allSatisfy { Int($0) < offsets.count }
        guard !offsets.isEmpty, areInRange, zip(changes, changes.dropFirst()).allSatisfy(<)
        else { return nil }
    }

    /// What clocks show at a time, in seconds since 1970 in UTC.
    package func offset(at time: Int64) -> Offset {
        guard let last = changes.last, time < last else {
            if let rule { return rule.offset(at: time) }
            return changeOffsets.last.map { offsets[Int($0)] } ?? offsets[0]
        }
        var low = 0
        var high = changes.count
        while low < high {
            let middle = (low + high) / 2
            if changes[middle] <= time { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? offsets[0] : offsets[Int(changeOffsets[low - 1])]
    }

    /// What applies when clocks show a time. For an hour that there is twice or never, it is one of
    /// the two that Go takes.
    package func offset(whenClocksShow local: Int64) -> Offset {
        offset(at: local &- offset(at: local).seconds)
    }

    /// The offset with an abbreviation, if the place has it.
    package func offset(named name: String) -> Offset? {
        offsets.last { $0.name == name }
    }
}

/// Takes a file of the database apart.
private struct Reader {
    struct Header {
        let version: UInt8
        let utcCount, standardCount, leapCount, changeCount, typeCount, nameSize: Int

        func size(ofTime size: Int) -> Int {
            changeCount * (size + 1) + typeCount * 6 + nameSize + leapCount * (size + 4)
                + standardCount + utcCount
        }
    }

    var bytes: ArraySlice<UInt8>

    mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard count >= 0, count <= bytes.count else { return nil }
        defer { bytes = bytes.dropFirst(count) }
        return bytes.prefix(count)
    }

    mutating func skip(_ count: Int) -> Bool { take(count) != nil }

    mutating func header() -> Header? {
        guard let fields = take(44), fields.starts(with: "TZif".utf8) else { return nil }
        let counts = (0..<6).map { Int(fields.integer(at: 20 + $0 * 4, size: 4)) }
        guard counts.allSatisfy({ (0...TimeZoneRules.sizeLimit).contains($0) }) else { return nil }
        return Header(
            version: fields[fields.startIndex + 4], utcCount: counts[0], standardCount: counts[1],
            leapCount: counts[2], changeCount: counts[3], typeCount: counts[4],
            nameSize: counts[5])
    }

    /// What stands between the last two line feeds.
    func footer() -> ArraySlice<UInt8> {
        bytes.dropFirst().prefix { $0 != UInt8(ascii: "\n") }
    }
}

extension ArraySlice<UInt8> {
    /// A signed integer, the highest byte first.
    fileprivate func integer(at offset: Int, size: Int) -> Int64 {
        let bytes = self[(startIndex + offset)..<(startIndex + offset + size)]
        let value = bytes.reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
        let unused = UInt64(64 - size * 8)
        return Int64(bitPattern: value << unused) >> Int64(unused)
    }

    /// The text from an offset to the next zero.
    fileprivate func text(at offset: Int) -> String {
        String(decoding: dropFirst(offset).prefix { $0 != 0 }, as: UTF8.self)
    }
}

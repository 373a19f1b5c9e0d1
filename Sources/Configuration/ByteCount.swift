/// A quantity of bytes: `64MiB`, `100MB`, `4096`.
package struct ByteCount: Hashable, Comparable, Sendable, CustomStringConvertible {
    package var bytes: Int

    package init(bytes: Int) { self.bytes = bytes }

    package static func bytes(_ count: Int) -> ByteCount { ByteCount(bytes: count) }
    package static func kibibytes(_ count: Int) -> ByteCount { ByteCount(bytes: count << 10) }
    package static func mebibytes(_ count: Int) -> ByteCount { ByteCount(bytes: count << 20) }
    package static func gibibytes(_ count: Int) -> ByteCount { ByteCount(bytes: count << 30) }

    package static func < (left: ByteCount, right: ByteCount) -> Bool { left.bytes < right.bytes }

    private static let units: [(name: String, size: Int)] = [
        ("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10),
        ("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000),
        ("KB", 1_000), ("B", 1), ("", 1),
    ]

    /// Digits with an optional decimal fraction, then a unit; a blank may stand between.
    package init?(_ text: String) {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let name = text.dropFirst(digits.count).drop { $0 == " " }
        guard let unit = Self.units.first(where: { $0.name.lowercased() == name.lowercased() })
        else { return nil }
        if let whole = Int(digits) {
            let (product, overflow) = whole.multipliedReportingOverflow(by: unit.size)
            if overflow { return nil }
            bytes = product
        } else {
            guard let number = Double(digits),
                let product = Int(exactly: (number * Double(unit.size)).rounded())
            else { return nil }
            bytes = product
        }
    }

    /// With the largest binary unit that divides it.
    package var description: String {
        let unit = Self.units.first { $0.name.contains("i") && bytes != 0 && bytes % $0.size == 0 }
        return unit.map { "\(bytes / $0.size)\($0.name)" } ?? "\(bytes)"
    }
}

extension UInt16 {
    var bigEndianBytes: [UInt8] {
        [UInt8(truncatingIfNeeded: self >> 8), UInt8(truncatingIfNeeded: self)]
    }
}

/// An IP address; one of IPv4 in the form of IPv6 is one of IPv4.
struct IPAddress: Equatable, Sendable {
    /// 4 or 16.
    let bytes: [UInt8]

    /// As Go's `net.ParseIP`: no zeros in front, no zone.
    init?(_ text: some StringProtocol) {
        guard text.utf8.count <= 45 else { return nil }
        if text.contains(":") {
            guard let bytes = Self.version6(text) else { return nil }
            let isMapped =
                bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 255 && bytes[11] == 255
            self.bytes = isMapped ? Array(bytes[12...]) : bytes
        } else {
            guard let bytes = Self.version4(text) else { return nil }
            self.bytes = bytes
        }
    }

    private static func version4(_ text: some StringProtocol) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bytes: [UInt8] = []
        for part in parts {
            guard part.utf8.allSatisfy(\.isDigit), part == "0" || !part.hasPrefix("0"),
                let byte = UInt8(part)
            else { return nil }
            bytes.append(byte)
        }
        return bytes
    }

    private static func version6(_ text: some StringProtocol) -> [UInt8]? {
        let halves = text.split(separator: "::", maxSplits: 2, omittingEmptySubsequences: false)
        switch halves.count {
        case 1:
            guard let bytes = groups(text), bytes.count == 16 else { return nil }
            return bytes
        case 2:
            guard let start = groups(halves[0]), let end = groups(halves[1]),
                start.count + end.count <= 14
            else { return nil }
            return start + [UInt8](repeating: 0, count: 16 - start.count - end.count) + end
        default: return nil
        }
    }

    /// Groups of hexadecimal digits; the last one may be an address of IPv4.
    private static func groups(_ text: some StringProtocol) -> [UInt8]? {
        if text.isEmpty { return [] }
        var bytes: [UInt8] = []
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            if index == parts.count - 1, part.contains(".") {
                guard let last = version4(part) else { return nil }
                bytes += last
                continue
            }
            guard (1...4).contains(part.utf8.count), !part.hasPrefix("+"), !part.hasPrefix("-"),
                let group = UInt16(part, radix: 16)
            else { return nil }
            bytes += group.bigEndianBytes
        }
        return bytes
    }
}

/// A network: an address and the size of its prefix.
struct IPNetwork: Equatable, Sendable {
    private let address: IPAddress
    private let prefixSize: Int

    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = IPAddress(parts[0]), !parts[1].isEmpty,
            parts[1].utf8.allSatisfy(\.isDigit), var size = Int(parts[1])
        else { return nil }
        let isVersion6 = parts[0].contains(":")
        guard size <= (isVersion6 ? 128 : 32) else { return nil }
        // An address of IPv4 in the form of IPv6 has 96 bits before it.
        if isVersion6, address.bytes.count == 4 {
            guard size >= 96 else { return nil }
            size -= 96
        }
        self.address = address
        prefixSize = size
    }

    func contains(_ other: IPAddress) -> Bool {
        guard other.bytes.count == address.bytes.count else { return false }
        var rest = prefixSize
        for (left, right) in zip(address.bytes, other.bytes) {
            if rest <= 0 { return true }
            let mask: UInt8 = rest >= 8 ? 0xFF : 0xFF << UInt8(8 - rest)
            if left & mask != right & mask { return false }
            rest -= 8
        }
        return true
    }
}

/// The parts of a URL, as Go's `net/url` takes it apart. (RFC 3986)
struct URLParts {
    private let original: String
    private var scheme = ""
    private var userInfo: Substring?
    private var host = ""
    private var port: Substring = ""
    private var path = ""
    private var query: Substring = ""
    private var fragment = ""

    /// Nil if the text is no URL, absolute or relative.
    init?(_ text: String) {
        original = text
        guard !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return nil }
        var rest = Substring(text)
        if let hash = rest.firstIndex(of: "#") {
            guard let part = Self.unescaped(rest[rest.index(after: hash)...]) else { return nil }
            fragment = part
            rest = rest[..<hash]
        }
        guard takeScheme(from: &rest) else { return nil }
        if let mark = rest.firstIndex(of: "?") {
            query = rest[rest.index(after: mark)...]
            rest = rest[..<mark]
        }
        guard rest.hasPrefix("/") else {
            // `mailto:someone` has neither a host nor a path.
            if !scheme.isEmpty { return }
            guard !rest.prefix(while: { $0 != "/" }).contains(":"),
                let part = Self.unescaped(rest)
            else { return nil }
            path = part
            return
        }
        if rest.hasPrefix("//"), !scheme.isEmpty || !rest.hasPrefix("///") {
            rest = rest.dropFirst(2)
            let authority = rest.prefix { $0 != "/" }
            rest = rest[authority.endIndex...]
            guard take(authority: authority) else { return nil }
        }
        guard let part = Self.unescaped(rest) else { return nil }
        path = part
    }

    /// Letters, then digits and `+-.` too, before a colon; false if the colon is the first.
    private mutating func takeScheme(from rest: inout Substring) -> Bool {
        let name = rest.prefix { character in
            character.isASCII
                && (character.isLetter || character.isNumber || "+-.".contains(character))
        }
        guard name.endIndex < rest.endIndex, rest[name.endIndex] == ":" else { return true }
        guard let first = name.first else { return false }
        if first.isLetter {
            scheme = name.lowercased()
            rest = rest[rest.index(after: name.endIndex)...]
        }
        return true
    }

    private mutating func take(authority: Substring) -> Bool {
        var address = authority
        if let at = authority.lastIndex(of: "@") {
            userInfo = authority[..<at]
            address = authority[authority.index(after: at)...]
            guard userInfo.map(Self.isUserInfo) ?? true else { return false }
        }
        if address.hasPrefix("[") {
            guard let end = address.lastIndex(of: "]") else { return false }
            host = String(address[address.index(after: address.startIndex)..<end])
            return take(port: address[address.index(after: end)...])
        }
        let name = address.prefix(upTo: address.lastIndex(of: ":") ?? address.endIndex)
        guard let part = Self.unescaped(name), Self.isHost(part) else { return false }
        host = part
        return take(port: address[name.endIndex...])
    }

    /// Nothing, or a colon and perhaps digits.
    private mutating func take(port text: Substring) -> Bool {
        guard text.isEmpty || text.hasPrefix(":") else { return false }
        port = text.dropFirst()
        return port.utf8.allSatisfy(\.isDigit)
    }

    private static func isUserInfo(_ text: Substring) -> Bool {
        text.unicodeScalars.allSatisfy { scalar in
            scalar.isASCII
                && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
                    || "-._:~!$&'()*+,;=%@".unicodeScalars.contains(scalar))
        }
    }

    private static func isHost(_ text: String) -> Bool {
        !text.unicodeScalars.contains { " \\^`{|}/?#".unicodeScalars.contains($0) }
    }

    /// Nil if a `%` is not followed by two hexadecimal digits.
    private static func unescaped(_ text: Substring) -> String? {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(HexadecimalText.value),
                let low = rest.popFirst().flatMap(HexadecimalText.value)
            else { return nil }
            bytes.append(high << 4 | low)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The parts by the names of the semantic conventions. The first four are always there.
    var entries: [MapEntry] {
        var entries = [
            MapEntry("url.original", .string(original)), MapEntry("url.domain", .string(host)),
            MapEntry("url.scheme", .string(scheme)), MapEntry("url.path", .string(path)),
        ]
        if let number = Int64(port) { entries.append(MapEntry("url.port", .int(number))) }
        if !fragment.isEmpty { entries.append(MapEntry("url.fragment", .string(fragment))) }
        if let userInfo { entries += Self.entries(of: userInfo) }
        if !query.isEmpty { entries.append(MapEntry("url.query", .string(String(query)))) }
        if let point = path.lastIndex(of: "."), path.index(after: point) < path.endIndex {
            let suffix = String(path[path.index(after: point)...])
            entries.append(MapEntry("url.extension", .string(suffix)))
        }
        return entries
    }

    private static func entries(of userInfo: Substring) -> [MapEntry] {
        var entries = [MapEntry("url.user_info", .string(String(userInfo)))]
        let colon = userInfo.firstIndex(of: ":")
        let name = unescaped(userInfo[..<(colon ?? userInfo.endIndex)]) ?? ""
        if !name.isEmpty { entries.append(MapEntry("url.username", .string(name))) }
        if let colon {
            let password = unescaped(userInfo[userInfo.index(after: colon)...]) ?? ""
            entries.append(MapEntry("url.password", .string(password)))
        }
        return entries
    }
}

/// A `${…}` found in a text.
struct Reference: Hashable {
    /// With the braces: `${env:X:-default}`.
    let text: String
    /// What stands before it, for defaults of references around it.
    private let prefix: String

    /// Between the braces.
    var body: Substring { text.dropFirst(2).dropLast() }

    /// The innermost reference that is complete first: from the last `${` before the first `}`.
    /// `nil` if there is none, or if the next one is escaped.
    static func first(in text: String) -> Reference? {
        let bytes = Array(text.utf8)
        var start = 0
        while let end = bytes[start...].firstIndex(of: UInt8(ascii: "}")) {
            if let open = lastOpening(in: bytes[start...end]) {
                let dollars = bytes[..<open].reversed().prefix { $0 == UInt8(ascii: "$") }.count
                if dollars % 2 == 1 { return nil }
                return Reference(
                    text: String(decoding: bytes[open...end], as: UTF8.self),
                    prefix: String(decoding: bytes[..<open], as: UTF8.self))
            }
            start = end + 1
        }
        return nil
    }

    private static func lastOpening(in bytes: ArraySlice<UInt8>) -> Int? {
        bytes.indices.dropLast().last {
            bytes[$0] == UInt8(ascii: "$") && bytes[$0 + 1] == UInt8(ascii: "{")
        }
    }

    /// In characters.
    func offset(in text: String) -> Int { prefix.unicodeScalars.count }

    /// Every occurrence of the reference replaced, in one step.
    func replaced(by replacement: String, in text: String) -> String {
        let bytes = Array(text.utf8)
        let pattern = Array(self.text.utf8)
        var result: [UInt8] = []
        var position = 0
        while position < bytes.count {
            if bytes[position] == UInt8(ascii: "$"), bytes[position...].starts(with: pattern) {
                result.append(contentsOf: replacement.utf8)
                position += pattern.count
            } else {
                result.append(bytes[position])
                position += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// The variable whose default this reference stands in: `A` for the inner one of
    /// `${env:A:-${env:B}}`.
    var enclosingVariable: Substring? {
        let bytes = Array(prefix.utf8)
        guard let open = Self.lastOpening(in: bytes[...]) else { return nil }
        let body = Substring(decoding: bytes[(open + 2)...], as: UTF8.self)
        let name = body.hasPrefix("env:") ? body.dropFirst(4) : body
        guard let split = name.firstRange(of: ":-") else { return nil }
        return name[..<split.lowerBound]
    }
}

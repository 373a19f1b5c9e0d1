/// `group_by`: a path with one `*` in it, where the value of a resource attribute is put.
///
/// The value comes from whoever sends telemetry, so it cannot be trusted: it may make folders below
/// what stands before the `*`, and can never leave it, whatever it holds.
struct GroupPath: Equatable, Sendable {
    /// NAME_MAX of Linux, less what a rotated file's name needs on top (a stamp of 24 bytes).
    private static let nameSizeLimit = 255 - 24
    /// Folders that one value can make; what is deeper becomes part of the last name.
    private static let depthLimit = 8

    private let prefix: String
    private let suffix: String

    /// `nil` unless there is exactly one `*`, and something before it.
    init?(pattern: String) {
        let parts = pattern.split(separator: "*", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty else { return nil }
        prefix = String(parts[0])
        suffix = String(parts[1])
    }

    /// The file for a value; equal files for values that differ only in what is not allowed.
    func path(for value: String) -> String {
        let names = Self.names(in: value)
        // What stands next to the `*` belongs to the same name: `logs/app-*.json`.
        let edge = Self.lastName(of: prefix).utf8.count + Self.firstName(of: suffix).utf8.count
        let room = max(1, Self.nameSizeLimit - edge)
        return prefix + names.map { Self.cut($0, to: room) }.joined(separator: "/") + suffix
    }

    /// The value as names of folders and a file: no empty ones, no `.` and `..`, no bytes that
    /// terminals or `open` take amiss.
    private static func names(in value: String) -> [String] {
        var names: [String] = []
        for part in value.split(separator: "/") where part != "." {
            if part == ".." {
                _ = names.popLast()
            } else if names.count < depthLimit {
                names.append(sanitized(part))
            } else {
                names[names.count - 1] += "_" + sanitized(part)
            }
        }
        return names.isEmpty ? ["_"] : names
    }

    private static func sanitized(_ part: Substring) -> String {
        var name = String.UnicodeScalarView()
        for scalar in part.unicodeScalars {
            let isControl = scalar.value < 0x20 || (0x7f..<0xa0).contains(scalar.value)
            name.append(isControl ? "_" : scalar)
        }
        return String(name)
    }

    private static func lastName(of prefix: String) -> Substring {
        prefix.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
    }

    private static func firstName(of suffix: String) -> Substring {
        suffix.split(separator: "/", omittingEmptySubsequences: false).first ?? ""
    }

    /// At most `size` bytes of UTF-8. Long names end in a hash of all, or two of them that begin
    /// alike would share a file.
    private static func cut(_ name: String, to size: Int) -> String {
        guard name.utf8.count > size else { return name }
        let hash = "~" + String(fnv1a(name), radix: 16)
        var cut = ""
        for character in name {
            guard cut.utf8.count + character.utf8.count + hash.utf8.count <= size else { break }
            cut.append(character)
        }
        return cut + hash
    }

    /// FNV-1a, 64 bits: the same in every run, unlike `Hasher`.
    private static func fnv1a(_ name: String) -> UInt64 {
        name.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}

import Glibc

/// What a configuration may refer to besides itself: environment variables and files.
///
/// Tests put closures in the place of the process's own.
package struct Surroundings: Sendable {
    package let variable: @Sendable (_ name: String) -> String?
    package let file: @Sendable (_ path: String) -> Result<[UInt8], FileProblem>

    package init(
        variable: @escaping @Sendable (_ name: String) -> String?,
        file: @escaping @Sendable (_ path: String) -> Result<[UInt8], FileProblem>
    ) {
        self.variable = variable
        self.file = file
    }

    /// Those of this process. Files are read up to the size that a source may have, and one byte
    /// more, by which the parser sees that they are too large.
    package static let process = Surroundings(
        variable: { name in getenv(name).map { String(cString: $0) } },
        file: { path in readFile(path, sizeLimit: YAMLParser.sizeLimit.bytes + 1) })

    private static func readFile(
        _ path: String, sizeLimit: Int
    ) -> Result<[UInt8], FileProblem> {
        guard let file = fopen(path, "re") else { return .failure(FileProblem(errno: errno)) }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 16_384)
        while bytes.count < sizeLimit {
            let count = fread(&part, 1, min(part.count, sizeLimit - bytes.count), file)
            // fopen(3) succeeds for a folder; reading it fails with EISDIR.
            if count == 0 {
                return ferror(file) != 0
                    ? .failure(FileProblem(errno: errno)) : .success(bytes)
            }
            bytes.append(contentsOf: part[..<count])
        }
        return .success(bytes)
    }
}

/// Why a file could not be read: `No such file or directory`.
package struct FileProblem: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }

    init(errno: Int32) {
        description = strerror(errno).map { String(cString: $0) } ?? "error \(errno)"
    }
}

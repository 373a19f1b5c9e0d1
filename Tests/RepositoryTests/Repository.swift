import Foundation

/// The files of this repository, as the tidy tests read them.
enum Repository {
    static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Swift files below Sources, and those below Tests.
    static let sources = files(below: "Sources", withSuffix: ".swift")
    static let tests = files(below: "Tests", withSuffix: ".swift")

    /// Our own modules, by the folders of Sources.
    static let modules: [String] = {
        let names = try? FileManager.default.contentsOfDirectory(
            atPath: root.appending(path: "Sources").path)
        return (names ?? []).sorted()
    }()

    static func files(below folder: String, withSuffix suffix: String) -> [File] {
        let start = root.appending(path: folder).path
        let names = FileManager.default.enumerator(atPath: start)?.compactMap { $0 as? String }
        return (names ?? []).filter { $0.hasSuffix(suffix) }.sorted().map {
            File(path: "\(folder)/\($0)")
        }
    }

    static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root.appending(path: path).path)
    }
}

/// One file of the repository: its path from the root, and its lines.
struct File: Sendable {
    let path: String
    let lines: [Substring]

    init(path: String) {
        self.path = path
        let text = try? String(contentsOf: Repository.root.appending(path: path), encoding: .utf8)
        lines = (text ?? "").split(separator: "\n", omittingEmptySubsequences: false)
    }

    var text: String { lines.joined(separator: "\n") }

    /// `path:line: text` of every line that `isOffence` holds for.
    func offences(where isOffence: (Substring) -> Bool) -> [String] {
        lines.enumerated().filter { isOffence($0.element) }.map { index, line in
            "\(path):\(index + 1): \(line.trimmingCharacters(in: .whitespaces))"
        }
    }
}

extension [File] {
    func offences(where isOffence: (Substring) -> Bool) -> [String] {
        flatMap { $0.offences(where: isOffence) }
    }
}

import Foundation
import Testing

/// The documents say what the repository holds, and point at what is there.
struct DocumentationTests {
    static let documents =
        ["README.md", "CHANGELOG.md", "Benchmarks/README.md"].map(File.init(path:))
        + Repository.files(below: "docs", withSuffix: ".md")

    @Test func `the README is short`() {
        #expect(File(path: "README.md").lines.count <= 150)
    }

    @Test func `a link to a file finds it`() {
        for document in Self.documents {
            let folder = document.path.split(separator: "/").dropLast().joined(separator: "/")
            for link in document.text.matches(of: #/\]\(([^)#:\s]+)(#[^)]*)?\)/#) {
                let path = folder.isEmpty ? "\(link.1)" : "\(folder)/\(link.1)"
                #expect(Repository.exists(path), "\(document.path) links to \(link.1)")
            }
        }
    }

    /// All but the page about a component that is invented there.
    @Test func `a path in a document is there`() {
        for document in Self.documents where document.path != "docs/adding-a-component.md" {
            for path in document.text.matches(of: #/`((Sources|Tests|docs|config)\/[^`\s<]+)`/#) {
                #expect(Repository.exists("\(path.1)"), "\(document.path) speaks of \(path.1)")
            }
        }
    }

    @Test func `make help lists every target`() {
        let makefile = File(path: "Makefile")
        let listed = makefile.lines.prefix { $0.hasPrefix("# ") }.compactMap {
            $0.dropFirst(2).split(separator: " ").first
        }
        let targets = makefile.lines.compactMap { line in
            line.firstMatch(of: #/^([a-z-]+):([^=]|$)/#)?.1
        }

        #expect(Set(listed) == Set(targets))
        #expect(listed.count == Set(listed).count)
    }

    @Test func `decisions are numbered without a gap`() {
        let names = Repository.files(below: "docs/decisions", withSuffix: ".md").map(\.path)
        let numbers = names.compactMap { path in
            path.split(separator: "/").last.flatMap { Int($0.prefix(4)) }
        }

        #expect(numbers == Array(1...max(1, names.count)))
    }
}

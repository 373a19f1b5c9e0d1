import Collector
import Configuration
import Pipeline
import Testing

/// Every component of the build is documented, and its page knows its options.
struct ComponentTests {
    static let components = Registry.standard.entries.map { "\($0.kind.sectionName)/\($0.name)" }

    @Test("every component has a page", arguments: components)
    func page(component: String) {
        #expect(Repository.exists("docs/\(component).md"))
    }

    @Test("a page names every option that the component takes", arguments: components)
    func options(component: String) throws {
        let entry = try #require(
            Registry.standard.entries.first { "\($0.kind.sectionName)/\($0.name)" == component })
        var page = File(path: "docs/\(component).md").text
        // What several processors have in common has a page of its own.
        if page.contains("](../matching.md)") { page += File(path: "docs/matching.md").text }

        let missing = Section.describing(entry.describe)
            .filter { $0.type != "ignored" && $0.replacement == nil }
            .map(\.path)
            .filter { !names($0, in: page) }

        #expect(missing == [])
    }

    @Test("every page belongs to a component", arguments: ComponentKind.allCases)
    func strayPages(kind: ComponentKind) {
        let pages = Repository.files(below: "docs/\(kind.sectionName)", withSuffix: ".md").map(
            \.path)
        let known = Set(Self.components.map { "docs/\($0).md" })

        #expect(pages.filter { !known.contains($0) } == [])
    }

    @Test func `the README links to every component`() {
        let readme = File(path: "README.md").text

        #expect(Self.components.filter { !readme.contains("(docs/\($0).md)") } == [])
    }

    /// An option may stand with its whole path, or alone where its section is spoken of.
    private func names(_ path: String, in page: String) -> Bool {
        let last = path.split(separator: ".").last.map { $0.filter { $0 != "[" && $0 != "]" } }
        return page.contains("`\(path)`") || page.contains("\(last ?? "")`")
            || page.contains("`\(last ?? "")")
    }
}

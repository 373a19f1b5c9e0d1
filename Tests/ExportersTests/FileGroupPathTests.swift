import TestSupport
import Testing

@testable import Exporters

struct FileGroupPathTests {
    static let values: [(value: String, path: String)] = [
        ("cart", "/data/cart.json"),
        ("team/cart", "/data/team/cart.json"),
        ("/etc/passwd", "/data/etc/passwd.json"),
        ("../../etc/passwd", "/data/etc/passwd.json"),
        ("a/../../../b", "/data/b.json"),
        ("./a//b/.", "/data/a/b.json"),
        ("..", "/data/_.json"),
        ("", "/data/_.json"),
        ("/", "/data/_.json"),
        ("...", "/data/....json"),
        ("a\0b\nc\u{1b}[2J", "/data/a_b_c_[2J.json"),
        ("größe", "/data/größe.json"),
        ("1/2/3/4/5/6/7/8/9/10", "/data/1/2/3/4/5/6/7/8_9_10.json"),
    ]

    @Test("a value becomes a path that stays below the prefix", arguments: values)
    func paths(value: String, path: String) throws {
        let group = try #require(GroupPath(pattern: "/data/*.json"))

        #expect(group.path(for: value) == path)
    }

    @Test(
        "a pattern needs exactly one star with something before it",
        arguments: ["", "*", "*.json", "/data/a.json", "/data/*/*.json", "/data/**"])
    func patterns(pattern: String) {
        #expect(GroupPath(pattern: pattern) == nil)
    }

    @Test func `text next to the star belongs to the name`() throws {
        let group = try #require(GroupPath(pattern: "logs/app-*/all.json"))

        #expect(group.path(for: "../cart") == "logs/app-cart/all.json")
    }

    @Test func `long values keep different names that the file system takes`() throws {
        let group = try #require(GroupPath(pattern: "/data/app-*.json"))
        let long = String(repeating: "é", count: 200)

        let first = group.path(for: long + "1")
        let second = group.path(for: long + "2")

        #expect(first != second)
        #expect(first.utf8.count <= "/data/".utf8.count + 255)
    }

    // Whatever a sender puts into the attribute: no `..`, no NUL, no way out of the prefix.
    @Test("no value escapes", arguments: UInt64(0)..<64)
    func escapes(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let group = try #require(GroupPath(pattern: "/data/x/*.json"))
        let pieces = ["..", ".", "/", "//", "a", "\0", "../", "/..", "~", "\\", "%2e%2e"]
        let value = (0..<12).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()

        let names = group.path(for: value).split(separator: "/")

        #expect(names.prefix(2) == ["data", "x"])
        #expect(!names.contains("..") && !names.contains("."))
        #expect(!group.path(for: value).utf8.contains(0))
    }
}

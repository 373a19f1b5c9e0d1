import Foundation
import Testing

/// The house rules that a machine can check, so that a review need not.
struct TidyTests {
    static let columnLimit = 100
    static let lineLimit = 600

    /// Files that may be longer, each with its reason.
    static let longFiles: [String: String] = [:]

    private let all = Repository.sources + Repository.tests

    @Test func `no line is longer than 100 columns, unless it is one literal`() {
        let offences = all.offences { line in
            let content = line.trimmingCharacters(in: .whitespaces)
            // A string, a word without a gap, or a quotation indented within a comment.
            let isLiteral =
                content.drop { "=#( ".contains($0) }.hasPrefix("\"")
                || !content.contains(" ") || content.hasPrefix("///     ")
            return line.count > Self.columnLimit && !isLiteral
        }

        #expect(offences == [])
    }

    @Test func `no file is longer than 600 lines`() {
        let long = all.filter { $0.lines.count > Self.lineLimit }.map(\.path)

        #expect(long.filter { Self.longFiles[$0] == nil } == [])
    }

    @Test func `nothing is public in a program`() {
        let offences = Repository.sources.offences { line in
            code(of: line).contains(#/\b(public|open)\s+[a-z(]/#)
        }

        #expect(offences == [])
    }

    @Test func `something left to do names its issue`() {
        let offences = all.offences { line in
            line.contains(#/\b(TO[D]O|FIX[M]E)\b/#) && !line.contains(#/#\d+/#)
        }

        #expect(offences == [])
    }

    @Test func `comments have no banners`() {
        let offences = all.offences { $0.contains(#/^\s*(//+\s*[-=*#]{4,}|/{4,}|/\*{3,})/#) }

        #expect(offences == [])
    }

    @Test func `every type that others see says what it is`() {
        #expect(Repository.sources.flatMap(undocumentedTypes) == [])
    }

    @Test func `the long files of the list are there and long`() {
        for path in Self.longFiles.keys {
            #expect(File(path: path).lines.count > Self.lineLimit, "\(path)")
        }
    }

    /// `path:line: text` of each type without a `///` right above it, or above its attributes. Only
    /// a type within another one, that its module keeps to itself, may go without.
    private func undocumentedTypes(in file: File) -> [String] {
        let outer = #/^((private|final|indirect|nonisolated) )*(struct|class|enum|actor|protocol) /#
        let seen =
            #/^\s*package ((final|indirect|nonisolated) )*(struct|class|enum|actor|protocol) /#
        return file.lines.indices.filter { index in
            let line = file.lines[index]
            guard line.contains(outer) || line.contains(seen) else { return false }
            let above = file.lines[..<index].last { line in
                !line.trimmingCharacters(in: .whitespaces).hasPrefix("@")
            }
            return above?.trimmingCharacters(in: .whitespaces).hasPrefix("///") != true
        }
        .map { "\(file.path):\($0 + 1): \(file.lines[$0].trimmingCharacters(in: .whitespaces))" }
    }

    /// The line without its comment and without what stands in quotes.
    private func code(of line: Substring) -> Substring {
        let unquoted = line.replacing(#/"([^"\\]|\\.)*"/#, with: "\"\"")
        return unquoted.prefix(upTo: unquoted.firstRange(of: "//")?.lowerBound ?? unquoted.endIndex)
    }
}

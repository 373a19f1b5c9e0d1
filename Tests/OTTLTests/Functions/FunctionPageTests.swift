import Glibc
import OTTL
import Testing

struct FunctionPageTests {
    static let page = content(
        of: #filePath.replacing(#/Tests\/OTTLTests\/.*/#, with: "docs/ottl-functions.md"))

    /// Without Foundation, which would change what `contains` means in the other tests.
    private static func content(of path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes[..<count], as: UTF8.self)
    }

    @Test func `the page of functions has every function with its parameters`() throws {
        let page = try #require(Self.page)

        let rows = page.split(separator: "\n").filter { $0.hasPrefix("|") }

        for function in FunctionTable.standard.functions {
            let signature = try #require(
                rows.first { $0.contains("`\(function.name)(") },
                "\(function.name) is not on the page")
            for parameter in function.parameters {
                #expect(signature.contains(parameter.name), "\(function.name): \(parameter.name)")
            }
        }
    }

    @Test func `the page of functions has what is not in this build`() throws {
        let page = try #require(Self.page)
        let missing = try #require(page.split(separator: "## Not in this build").last)

        for name in FunctionTable.missing.keys {
            #expect(missing.contains("`\(name)`"), "\(name)")
            #expect(FunctionTable.standard.function(named: name) == nil)
        }
    }

    @Test func `each function is there once`() {
        let names = FunctionTable.standard.functions.map(\.name)

        #expect(names.count == Set(names).count)
    }
}

import Glibc

@testable import Exporters

/// A folder of one test, removed with everything in it at the end.
final class TemporaryFolder {
    let path: String

    init() throws {
        var template = Array("/tmp/martlet-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failed(call: "mkdtemp", errno: errno) }
        path = template.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
    }

    deinit {
        Self.remove(path)
    }

    private static func remove(_ path: String) {
        for name in names(in: path) where unlink("\(path)/\(name)") != 0 {
            remove("\(path)/\(name)")
        }
        rmdir(path)
    }

    struct Failed: Error {
        let call: String
        let errno: Int32
    }

    func pathOf(_ name: String) -> String { "\(path)/\(name)" }

    /// The names in it, sorted.
    var names: [String] { Self.names(in: path) }

    private static func names(in path: String) -> [String] {
        Folder(of: path + "/").names().filter { $0 != "." && $0 != ".." }.sorted()
    }

    func bytes(of name: String, from offset: Int = 0) -> [UInt8] {
        let descriptor = open(pathOf(name), O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        lseek(descriptor, offset, SEEK_SET)
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            guard count > 0 else { return bytes }
            bytes += chunk[..<count]
        }
    }

    func text(of name: String, from offset: Int = 0) -> String {
        String(decoding: bytes(of: name, from: offset), as: UTF8.self)
    }

    func write(_ bytes: [UInt8], to name: String) {
        let descriptor = open(pathOf(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        defer { close(descriptor) }
        _ = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    }

    func write(_ text: String, to name: String) { write(Array(text.utf8), to: name) }

    func permissions(of name: String) -> mode_t {
        var status = stat()
        stat(pathOf(name), &status)
        return status.st_mode & 0o777
    }
}

import Glibc
import Testing

@testable import Sockets

/// Certificates made by the `openssl` command, once per test run: an authority, what it signed,
/// and strangers.
struct TestCertificates: Sendable {
    static let shared = TestCertificates()

    private let folder: String

    private init() {
        var template = Array("/tmp/martlet-certificates-XXXXXX".utf8CString)
        folder = mkdtemp(&template).map { String(cString: $0) } ?? "/tmp"
        let script = """
            set -e
            cd \(folder)
            new="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
            for authority in ca other; do
                openssl req -x509 $new -keyout $authority.key -out $authority.pem \
                    -subj /CN=$authority -days 2
            done
            sign() {
                openssl req $new -keyout $1.key -out $1.csr -subj /CN=$1 \
                    -addext subjectAltName=$2
                openssl x509 -req -in $1.csr -out $1.pem -CA $3.pem -CAkey $3.key \
                    -CAcreateserial -copy_extensions copy -days $4
            }
            sign good DNS:localhost,IP:127.0.0.1 ca 2
            sign expired DNS:localhost,IP:127.0.0.1 ca -1
            sign elsewhere DNS:elsewhere.example ca 2
            sign stranger DNS:localhost,IP:127.0.0.1 other 2
            sign client DNS:client ca 2
            """
        let code = system("( \(script) ) >\(folder)/log 2>&1")
        if code == 0 {
            atexit { _ = system("rm -r \(TestCertificates.shared.folder)") }
        } else {
            Issue.record("openssl failed; see \(folder)/log")
        }
    }

    func path(_ file: String) -> String { "\(folder)/\(file)" }

    /// What a server shows.
    func server(_ name: String) throws -> TLSContext {
        try .server(shown(name))
    }

    /// A client that trusts our authority and nobody else.
    func client(_ change: (inout TLSSettings) -> Void = { _ in }) throws -> TLSContext {
        var settings = TLSSettings()
        settings.authorities = .file(path("ca.pem"))
        change(&settings)
        return try .client(settings)
    }

    func shown(_ name: String) -> TLSSettings {
        var settings = TLSSettings()
        settings.certificate = .file(path("\(name).pem"))
        settings.key = .file(path("\(name).key"))
        return settings
    }
}

/// A command that runs beside a test, with what it writes.
struct Companion: ~Copyable {
    private let output: UnsafeMutablePointer<FILE>
    private let pid: pid_t

    init(_ command: String) throws {
        let output = try #require(popen("echo $$; exec \(command)", "r"))
        let pid = try #require(pid_t(Self.line(of: output)))
        self.output = output
        self.pid = pid
    }

    deinit {
        kill(pid, SIGKILL)
        pclose(output)
    }

    /// The first line that begins with `prefix`, without it. Blocks until it is written.
    func line(after prefix: String) throws -> String {
        while true {
            let line = Self.line(of: output)
            try #require(!line.isEmpty, "the command ended before it wrote '\(prefix)'")
            if line.hasPrefix(prefix) { return String(line.dropFirst(prefix.count)) }
        }
    }

    private static func line(of file: UnsafeMutablePointer<FILE>) -> String {
        var line = ""
        while case let byte = getc(file), byte != EOF, byte != 10 {
            line.unicodeScalars.append(Unicode.Scalar(UInt8(truncatingIfNeeded: byte)))
        }
        return line
    }
}

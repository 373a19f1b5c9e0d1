import Glibc
import TestSupport

/// The test certificate and its key in files, for as long as this lives.
package final class TemporaryPEM: Sendable {
    package let certificate: String
    package let key: String
    private let folder: String

    /// The folder could not be made or written.
    package struct Failed: Error {
        let errno: Int32
    }

    package init() throws {
        var template = Array("/tmp/martlet-pem-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw Failed(errno: errno) }
        folder = String(cString: made)
        certificate = "\(folder)/certificate.pem"
        key = "\(folder)/key.pem"
        try Self.write(TestCertificate.certificate, to: certificate)
        try Self.write(TestCertificate.key, to: key)
    }

    deinit {
        unlink(certificate)
        unlink(key)
        rmdir(folder)
    }

    private static func write(_ text: String, to path: String) throws {
        guard let file = fopen(path, "we") else { throw Failed(errno: errno) }
        defer { fclose(file) }
        guard fputs(text, file) >= 0 else { throw Failed(errno: errno) }
    }
}

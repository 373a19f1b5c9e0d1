import Configuration
import Sockets

/// The `tls` blocks of clients and servers. Keys and defaults are otelcol's (config/configtls).
///
/// Files are read at start, not here, so that a configuration can be checked on another machine.
extension TLSSettings {
    /// How a client checks its server, and what it shows.
    package init(clientFrom section: inout Section) {
        self.init()
        authorities = Self.takePEM(
            &section, "ca", "authorities that may have signed the server's certificate")
        trustsSystemToo = section.take(
            "include_system_ca_certs_pool", default: false, "trust the system's authorities, too")
        takeCertificate(&section, shownTo: "the server")
        takeVersions(&section)
        skipsVerification = section.take(
            "insecure_skip_verify", default: false, "accept any certificate")
        serverName = section.takeOptional(
            "server_name_override", "the name to check, if it is not the endpoint's host")
        _ = section.take(
            "insecure", default: false, "accepted; the URL's scheme decides whether TLS is used")
        Self.refuseWhatIsMissing(&section)
        if skipsVerification {
            section.warn(
                "insecure_skip_verify", "is on: anyone in between can read and change what is sent",
                hint: "write ca_file with the authority that signed the server's certificate")
        }
    }

    /// What a server shows, and whether its clients need certificates, too.
    package init(serverFrom section: inout Section) {
        self.init()
        takeCertificate(&section, shownTo: "clients")
        let clientAuthority = section.takeOptional(
            "client_ca_file", "with it, clients need a certificate signed by one of these")
        authorities = clientAuthority.map { .file($0) }
        takeVersions(&section)
        Self.refuseWhatIsMissing(&section)
        for key in ["ca_file", "ca_pem", "include_system_ca_certs_pool"] {
            section.ignore(key, because: "clients are checked by client_ca_file")
        }
        section.ignore("client_ca_file_reload", because: "certificates are read at start")
        if certificate == nil && key == nil {
            section.refuse("has no certificate", hint: "write cert_file and key_file")
        }
    }

    private mutating func takeCertificate(_ section: inout Section, shownTo peer: String) {
        certificate = Self.takePEM(&section, "cert", "the certificate to show \(peer)")
        key = Self.takePEM(&section, "key", "the key of that certificate")
        if certificate != nil && key == nil {
            section.refuse("has a certificate without its key", hint: "write key_file")
        } else if key != nil && certificate == nil {
            section.refuse("has a key without its certificate", hint: "write cert_file")
        }
    }

    private mutating func takeVersions(_ section: inout Section) {
        lowestVersion = section.take(
            "min_version", default: TLSVersion.v1_2, "the lowest version of TLS")
        highestVersion = section.takeOptional(
            "max_version", as: .choice(of: TLSVersion.self), "the highest version of TLS")
        if let highest = highestVersion, highest < lowestVersion {
            section.refuse(
                "max_version",
                "is \(highest.rawValue), which is below min_version \(lowestVersion.rawValue)")
        }
    }

    private static func refuseWhatIsMissing(_ section: inout Section) {
        section.refuseUnsupported("cipher_suites", "a choice of cipher suites")
        section.refuseUnsupported("curve_preferences", "a choice of curves")
        section.refuseUnsupported("tpm", "keys in a TPM")
        section.ignore("reload_interval", because: "certificates are read at start")
    }

    private static func takePEM(
        _ section: inout Section, _ name: String, _ doc: String
    ) -> PEMSource? {
        let file = section.takeOptional("\(name)_file", "file with \(doc)")
        let text = section.takeSecret("\(name)_pem", "the same, written here")
        if file != nil, text != nil {
            section.refuse("\(name)_pem", "is given beside \(name)_file, but only one can count")
        }
        return file.map { .file($0) } ?? text.map { .text($0.revealed) }
    }
}

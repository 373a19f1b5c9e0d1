import Configuration
import Sockets

extension TLSSettings {
    /// The client side of otelcol's `tls` block (config/configtls).
    init(from section: inout Section) {
        self.init()
        authorities = Self.takePEM(
            &section, "ca", "authorities that may have signed the server's certificate")
        trustsSystemToo = section.take(
            "include_system_ca_certs_pool", default: false, "trust the system's authorities, too")
        certificate = Self.takePEM(&section, "cert", "the certificate to show the server")
        key = Self.takePEM(&section, "key", "the key of that certificate")
        lowestVersion = section.take("min_version", default: TLSVersion.v1_2, "the lowest version")
        highestVersion = section.takeOptional(
            "max_version", as: .choice(of: TLSVersion.self), "the highest version")
        skipsVerification = section.take(
            "insecure_skip_verify", default: false, "accept any certificate")
        serverName = section.takeOptional(
            "server_name_override", "the name to check, if it is not the endpoint's host")
        _ = section.take(
            "insecure", default: false, "accepted; the URL's scheme decides whether TLS is used")
        section.refuseUnsupported("cipher_suites", "a choice of cipher suites")
        section.refuseUnsupported("curve_preferences", "a choice of curves")
        section.refuseUnsupported("tpm", "keys in a TPM")
        section.ignore("reload_interval", because: "certificates are read at start")
        if skipsVerification {
            section.warn(
                "insecure_skip_verify", "is on: anyone in between can read and change what is sent",
                hint: "write ca_file with the authority that signed the server's certificate")
        }
    }

    private static func takePEM(
        _ section: inout Section, _ name: String, _ doc: String
    ) -> PEMSource? {
        let file = section.takeOptional("\(name)_file", doc)
        let text = section.takeSecret("\(name)_pem", "the same, written here")
        if file != nil, text != nil {
            section.refuse("\(name)_pem", "is given beside \(name)_file, but only one can count")
        }
        return file.map { .file($0) } ?? text.map { .text($0.revealed) }
    }
}

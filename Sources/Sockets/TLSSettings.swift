/// Versions of TLS as configurations name them.
package enum TLSVersion: String, CaseIterable, Sendable, Comparable {
    case v1_0 = "1.0"
    case v1_1 = "1.1"
    case v1_2 = "1.2"
    case v1_3 = "1.3"

    /// The version on the wire. (RFC 8446 §4.2.1)
    var code: Int32 {
        switch self {
        case .v1_0: 0x0301
        case .v1_1: 0x0302
        case .v1_2: 0x0303
        case .v1_3: 0x0304
        }
    }

    package static func < (left: TLSVersion, right: TLSVersion) -> Bool { left.code < right.code }
}

/// Text in PEM form, or the file that holds it.
package enum PEMSource: Equatable, Sendable {
    case file(String)
    case text(String)
}

/// A `tls` block of a configuration, for either side. What is not said stays at OpenSSL's defaults.
package struct TLSSettings: Equatable, Sendable {
    /// Who may have signed the peer's certificate. A client without it trusts the system's roots; a
    /// server with it demands certificates of its clients. (`ca_file`, `ca_pem`, `client_ca_file`)
    package var authorities: PEMSource?
    /// Trust the system's roots beside `authorities`. (`include_system_ca_certs_pool`)
    package var trustsSystemToo = false
    /// What this side shows: its certificate, followed by the intermediate ones.
    package var certificate: PEMSource?
    package var key: PEMSource?
    package var lowestVersion = TLSVersion.v1_2
    package var highestVersion: TLSVersion?
    /// Accept any certificate. The connection is then safe from listeners only, not from
    /// impostors. (`insecure_skip_verify`)
    package var skipsVerification = false
    /// The name to ask for and to check, if it is not the host connected to.
    package var serverName: String?

    package init() {}
}

/// What went wrong with TLS, in a form that says what to do about it.
package enum TLSFailure: Error, Equatable, Sendable {
    case libraryMissing(String)
    case outOfMemory
    /// A file or text of the settings cannot be used; `what` is the key a user knows.
    case unusable(what: String, PEMSource, reason: String)
    case keyWithoutCertificate
    case certificateWithoutKey
    case keyDoesNotFit(reason: String)
    case serverCertificateMissing
    case invalidServerName(String)
    case versionsCrossed(lowest: TLSVersion, highest: TLSVersion)
    case certificateExpired
    case certificateNotYetValid
    case nameMismatch(expected: String)
    case unknownAuthority
    case selfSigned
    case certificateRefused(reason: String)
    /// The handshake or a record failed otherwise; OpenSSL's reason, or the peer's alert.
    case failed(reason: String)
    /// The connection ended without the peer saying so: the last bytes may be missing.
    case truncated
}

extension TLSFailure: CustomStringConvertible {
    package var description: String {
        switch self {
        case .libraryMissing(let reason): "TLS needs OpenSSL 3 (libssl.so.3): \(reason)"
        case .outOfMemory: "TLS has run out of memory"
        case .unusable(let what, .file(let path), let reason): "\(what) '\(path)': \(reason)"
        case .unusable(let what, .text, let reason): "the text of \(what): \(reason)"
        case .keyWithoutCertificate: "there is a key_file, but no cert_file that goes with it"
        case .certificateWithoutKey: "there is a cert_file, but no key_file that goes with it"
        case .keyDoesNotFit(let reason): "key_file does not belong to cert_file: \(reason)"
        case .serverCertificateMissing: "a server needs cert_file and key_file"
        case .invalidServerName(let name): "'\(name)' is no name a certificate could be checked for"
        case .versionsCrossed(let lowest, let highest):
            "min_version is \(lowest.rawValue), which is above max_version \(highest.rawValue)"
        default: peerText
        }
    }

    private var peerText: String {
        switch self {
        case .certificateExpired: "the peer's certificate has expired"
        case .certificateNotYetValid:
            "the peer's certificate is not valid yet; is this host's clock right?"
        case .nameMismatch(let expected):
            "the peer's certificate is not for '\(expected)'; "
                + "if that is intended, set server_name_override to a name in it"
        case .unknownAuthority:
            "the peer's certificate is signed by an unknown authority; "
                + "give the authority's certificate as ca_file"
        case .selfSigned:
            "the peer's certificate is signed by itself; give it as ca_file if you trust it"
        case .certificateRefused(let reason): "the peer's certificate was refused: \(reason)"
        case .failed(let reason): "TLS failed: \(reason)"
        case .truncated: "the peer ended the connection without ending TLS"
        default: ""
        }
    }
}

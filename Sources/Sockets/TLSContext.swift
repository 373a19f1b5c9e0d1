import COpenSSL

/// The settings of one side in OpenSSL's form, shared by all its connections.
///
/// Immutable after `init`, and OpenSSL counts its users itself, hence Sendable. The library is
/// loaded by the first context, so a daemon without TLS pays nothing.
package final class TLSContext: @unchecked Sendable {
    package let isServer: Bool
    package let settings: TLSSettings
    let handle: OpaquePointer

    package static func client(
        _ settings: TLSSettings = TLSSettings()
    ) throws(TLSFailure) -> TLSContext {
        try TLSContext(settings, isServer: false)
    }

    package static func server(_ settings: TLSSettings) throws(TLSFailure) -> TLSContext {
        guard settings.certificate != nil else { throw .serverCertificateMissing }
        return try TLSContext(settings, isServer: true)
    }

    private init(_ settings: TLSSettings, isServer: Bool) throws(TLSFailure) {
        if let reason = copenssl_load() { throw .libraryMissing(String(cString: reason)) }
        let highest = settings.highestVersion
        if let highest, highest < settings.lowestVersion {
            throw .versionsCrossed(lowest: settings.lowestVersion, highest: highest)
        }
        guard
            let handle = copenssl_context_create(
                isServer ? 1 : 0, settings.lowestVersion.code, highest?.code ?? 0)
        else { throw .outOfMemory }
        self.handle = handle
        self.settings = settings
        self.isServer = isServer
        try loadCertificate()
        if isServer { try askForCertificates() } else { try trust() }
    }

    deinit { copenssl_context_free(handle) }

    private func trust() throws(TLSFailure) {
        if settings.skipsVerification { return }
        copenssl_require_certificate(handle)
        if let authorities = settings.authorities { try trust(authorities, as: "ca_file") }
        if settings.authorities == nil || settings.trustsSystemToo {
            _ = copenssl_trust_system(handle)
        }
    }

    private func askForCertificates() throws(TLSFailure) {
        guard let authorities = settings.authorities else { return }
        copenssl_require_certificate(handle)
        try trust(authorities, as: "client_ca_file")
        if case .file(let path) = authorities { _ = copenssl_announce_authorities(handle, path) }
    }

    private func trust(_ source: PEMSource, as what: String) throws(TLSFailure) {
        try use(source, what, copenssl_trust_file, copenssl_trust_pem)
    }

    private func loadCertificate() throws(TLSFailure) {
        guard let certificate = settings.certificate else {
            if settings.key != nil { throw .keyWithoutCertificate }
            return
        }
        guard let key = settings.key else { throw .certificateWithoutKey }
        try use(certificate, "cert_file", copenssl_use_chain_file, copenssl_use_chain_pem)
        try use(key, "key_file", copenssl_use_key_file, copenssl_use_key_pem)
        if copenssl_key_fits(handle) != 1 { throw .keyDoesNotFit(reason: Self.failureText()) }
    }

    private func use(
        _ source: PEMSource, _ what: String,
        _ file: (OpaquePointer, UnsafePointer<CChar>) -> Int32,
        _ text: (OpaquePointer, UnsafeRawPointer, Int32) -> Int32
    ) throws(TLSFailure) {
        let works =
            switch source {
            case .file(let path): file(handle, path)
            case .text(let pem):
                Array(pem.utf8).withUnsafeBytes { bytes in
                    bytes.baseAddress.map { text(handle, $0, Int32(clamping: bytes.count)) } ?? 0
                }
            }
        guard works == 1 else {
            throw .unusable(what: what, source, reason: Self.failureText())
        }
    }

    /// Why OpenSSL's last call on this thread failed, in lower case as our messages are.
    static func failureText() -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { text in
            guard let start = text.baseAddress else { return "" }
            copenssl_failure(start, text.count)
            let reason = String(cString: start)
            return reason.prefix(1).lowercased() + reason.dropFirst()
        }
    }
}

import COpenSSL
import Glibc
import Primitives

/// TLS on one connection: OpenSSL's session, which reads and writes the stream's descriptor itself.
///
/// Belongs to its stream and its loop. Invariant: not used after the descriptor is closed.
final class TLSSession {
    /// What a step needs before it can go on.
    enum Step {
        case done(Int)
        case wants(Readiness)
        case ended
    }

    private let session: OpaquePointer
    // Keeps the verification settings alive.
    private let context: TLSContext
    private let expectedName: String
    /// After a failure OpenSSL allows no further call on the session.
    private var hasFailed = false
    private(set) var isEstablished = false

    /// - Parameter host: What was connected to; ignored by servers.
    init(_ context: TLSContext, fd: Int32, host: String) throws(TLSFailure) {
        guard let session = copenssl_session_create(context.handle, fd, context.isServer ? 1 : 0)
        else { throw .outOfMemory }
        self.session = session
        self.context = context
        expectedName = context.settings.serverName ?? host
        if !context.isServer { try expectName() }
    }

    deinit { copenssl_session_free(session) }

    /// "TLSv1.3"
    var version: String { copenssl_version(session).map { String(cString: $0) } ?? "" }

    func handshake() throws(SocketError) -> Step {
        let step = try step(copenssl_handshake(session), count: 0)
        if case .done = step { isEstablished = true }
        return step
    }

    func read(into spare: UnsafeMutableRawBufferPointer) throws(SocketError) -> Step {
        var count = 0
        return try step(
            copenssl_read(session, spare.baseAddress, spare.count, &count), count: count)
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(SocketError) -> Step {
        var count = 0
        let result = copenssl_write(session, bytes.baseAddress, bytes.count, &count)
        return try step(result, count: count)
    }

    /// Says that nothing more will be sent, if the kernel has room for it.
    func sayEnd() {
        if isEstablished && !hasFailed { copenssl_say_end(session) }
    }

    private func expectName() throws(TLSFailure) {
        // A unix socket has no name to ask for.
        if expectedName.isEmpty && context.settings.skipsVerification { return }
        let isAddress = SocketAddress(literal: expectedName, port: 0) != nil
        let checks = !context.settings.skipsVerification
        let works = copenssl_expect_name(
            session, expectedName, isAddress ? 1 : 0, checks ? 1 : 0)
        guard works == 1, !expectedName.isEmpty else { throw .invalidServerName(expectedName) }
    }

    private func step(_ result: Int32, count: Int) throws(SocketError) -> Step {
        switch Int(result) {
        case COPENSSL_DONE: return .done(count)
        case COPENSSL_WANTS_READ: return .wants(.reading)
        case COPENSSL_WANTS_WRITE: return .wants(.writing)
        case COPENSSL_ENDED: return .ended
        case COPENSSL_TRUNCATED:
            hasFailed = true
            throw .tls(.truncated)
        case ..<0:
            hasFailed = true
            throw .system(call: "tls", errno: -result)
        default:
            hasFailed = true
            throw .tls(failure())
        }
    }

    private func failure() -> TLSFailure {
        let reason = TLSContext.failureText()
        let verdict = copenssl_verdict(session)
        // The numbers are X509_V_ERR_… of <openssl/x509_vfy.h>.
        return switch verdict {
        case 0: .failed(reason: reason)
        case 9: .certificateNotYetValid
        case 10: .certificateExpired
        case 18: .selfSigned
        case 2, 19, 20, 21: .unknownAuthority
        case 62, 64: .nameMismatch(expected: expectedName)
        default:
            .certificateRefused(
                reason: copenssl_verdict_text(verdict).map { String(cString: $0) } ?? reason)
        }
    }
}

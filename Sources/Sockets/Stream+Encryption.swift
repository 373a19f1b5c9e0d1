import Primitives

// The same reading and writing through a TLS session. OpenSSL calls recv and send itself and says
// which of the two it could not do.
extension Stream {
    /// Bytes given to OpenSSL at once: the most a record holds. (RFC 8446 §5.1)
    static let recordSize = 16_384

    /// Makes the connection a TLS one: asks for and checks a certificate, or shows one. `host` is
    /// what a client's user wanted to reach. The deadline of the stream applies.
    package func encrypt(with context: TLSContext, host: String = "") async throws(SocketError) {
        try await begin()
        precondition(tls == nil, "a stream is encrypted once")
        let session: TLSSession
        do throws(TLSFailure) {
            session = try TLSSession(context, fd: fd, host: host)
        } catch {
            throw .tls(error)
        }
        tls = session
        while case .wants(let interest) = try session.handshake() {
            try await wait(.writer, for: interest)
        }
    }

    /// The version of TLS, such as "TLSv1.3"; `nil` for a plain connection.
    package var encryption: String? { tls?.version }

    func readEncrypted(into buffer: inout ByteBuffer, room: Int) async throws(SocketError) -> Int {
        while true {
            guard let tls else { throw .closed }
            var step = TLSSession.Step.ended
            let count = try buffer.appendUninitialized(room: room) { spare throws(SocketError) in
                step = try tls.read(into: .init(rebasing: spare.prefix(room)))
                if case .done(let count) = step { return count }
                return 0
            }
            guard case .wants(let interest) = step else { return count }
            try await wait(.reader, for: interest)
        }
    }

    func writeEncrypted(_ buffer: inout ByteBuffer) async throws(SocketError) {
        while !buffer.isEmpty {
            guard let tls else { throw .closed }
            let step = try buffer.withUnsafeBytes { bytes throws(SocketError) in
                try tls.write(.init(rebasing: bytes.prefix(Self.recordSize)))
            }
            switch step {
            case .done(let count): buffer.removeFirst(count)
            case .wants(let interest): try await wait(.writer, for: interest)
            case .ended: throw .tls(.truncated)
            }
        }
    }

    /// Small links share a record: each record costs 22 bytes and a call.
    func writeEncrypted(
        _ buffer: inout ByteBuffer, _ cursor: inout ChainCursor
    ) async throws(SocketError) {
        while true {
            cursor.move(upTo: Self.recordSize - min(buffer.count, Self.recordSize), to: &buffer)
            if buffer.isEmpty { return }
            try await writeEncrypted(&buffer)
        }
    }
}

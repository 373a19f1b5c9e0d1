import Primitives
import Sockets
import Testing

@testable import HTTP

/// Client and server over TLS. Certificates in all their wrong forms are the matter of Sockets.
@Suite(.timeLimit(.minutes(1)))
struct HTTPSTests {
    @Test func `requests over TLS share a connection and arrive whole`() async throws {
        try await withServer(tls: Self.serverContext()) { server, loop in
            let client = try HTTPClient(
                to: Self.origin(of: server), options: Self.trusting(), on: loop)
            let bytes = pattern(1_000_000)
            let request = Request(.post, "/sum", body: ByteChain(Body(bytes)))

            let first = try await client.send(request, timeout: patience)
            let second = try await client.send(Request(.get, "/large"), timeout: patience)

            let sum = checksum(ByteBuffer(copying: bytes.span.bytes))
            #expect(first.text == "1000000 \(sum)\n")
            #expect(second.body.count == Echo.largeSize)
            #expect(server.counts.acceptedConnections == 1)
            client.close()
        }
    }

    @Test func `a server that cannot be trusted gets no request`() async throws {
        try await withServer(tls: Self.serverContext()) { server, loop in
            let client = try HTTPClient(to: Self.origin(of: server), on: loop)

            await #expect(throws: HTTPClientError.tls(.selfSigned)) {
                try await client.send(Request(.get, "/"), timeout: patience)
            }
            #expect(server.counts.requests == 0)
        }
    }

    @Test func `a plain client of a TLS server is counted and closed`() async throws {
        try await withServer(tls: Self.serverContext()) { server, _ in
            let client = try await RawClient(to: server)

            try await client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            _ = try? await client.receiveAll()

            #expect(server.counts.refusals == ["handshake_failed": 1])
        }
    }

    @Test func `a TLS client of a plain server is told that TLS failed`() async throws {
        try await withServer { server, loop in
            let client = try HTTPClient(
                to: Self.origin(of: server), options: Self.trusting(), on: loop)

            let error = await #expect(throws: HTTPClientError.self) {
                try await client.send(Request(.get, "/"), timeout: patience)
            }

            #expect("\(try #require(error))".hasPrefix("could not connect safely: TLS failed"))
            #expect(server.counts.refusals == ["malformed": 1])
        }
    }

    private static func origin(of server: HTTPServer) throws -> Origin {
        Origin(try URL("https://\(server.endpoint)"))
    }

    private static func serverContext() throws -> TLSContext {
        var settings = TLSSettings()
        settings.certificate = .text(certificate)
        settings.key = .text(key)
        return try .server(settings)
    }

    private static func trusting() throws -> HTTPClientOptions {
        var settings = TLSSettings()
        settings.authorities = .text(certificate)
        var options = HTTPClientOptions()
        options.tls = try .client(settings)
        return options
    }

    /// For localhost and 127.0.0.1, signed by itself, valid for a century; used nowhere else.
    private static let certificate = """
        -----BEGIN CERTIFICATE-----
        MIIBmjCCAUGgAwIBAgIUNe6v/Fx2W+9oQbSNBYLF+xczzE4wCgYIKoZIzj0EAwIw
        FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTA0NTMzMVoYDzIxMjYxMDI4
        MDQ1MzMxWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
        PQMBBwNCAATu94Kv1cOc54++Vqm90SOmPhIV0UTvn8pPQt2mGjVzJFtFUhj+NyQp
        lioXSK7zs8PYoD/ZixL4oOyBxrz+1ZUNo28wbTAdBgNVHQ4EFgQUKJJVmI4q74B8
        A7UFMeQmVNuwTaUwHwYDVR0jBBgwFoAUKJJVmI4q74B8A7UFMeQmVNuwTaUwDwYD
        VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
        zj0EAwIDRwAwRAIgXstN/svIZVzZYHiBqC+8G4gfm5cJksYDJDKcfLK0kwQCIFlH
        nDuhPGqB6ixbw3wVPYO99TmV1Np6SmjUcAC0nygj
        -----END CERTIFICATE-----

        """

    private static let key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgjSjn72l1Z7zxBH/k
        C8IqS6G3H1PprcLUwCEKKPOcRDShRANCAATu94Kv1cOc54++Vqm90SOmPhIV0UTv
        n8pPQt2mGjVzJFtFUhj+NyQplioXSK7zs8PYoD/ZixL4oOyBxrz+1ZUN
        -----END PRIVATE KEY-----

        """
}

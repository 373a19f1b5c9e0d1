import Primitives
import Sockets
import TestSupport
import Testing

@testable import HTTP

/// Client and server over TLS. Certificates in all their wrong forms are the matter of Sockets.
@Suite(.timeLimit(.minutes(5)))
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
        settings.certificate = .text(TestCertificate.certificate)
        settings.key = .text(TestCertificate.key)
        return try .server(settings)
    }

    private static func trusting() throws -> HTTPClientOptions {
        var settings = TLSSettings()
        settings.authorities = .text(TestCertificate.certificate)
        var options = HTTPClientOptions()
        options.tls = try .client(settings)
        return options
    }
}

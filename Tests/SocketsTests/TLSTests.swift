import Glibc
import Primitives
import Testing

@testable import Sockets

@Suite(.timeLimit(.minutes(5)))
struct TLSTests {
    private static let certificates = TestCertificates.shared

    @Test func `both sides speak TLS 1.3 and end it properly`() async throws {
        try await withServer("good") { endpoint in
            let client = try await connect(endpoint, Self.certificates.client())

            #expect(client.encryption == "TLSv1.3")
            try await client.write("hello")
            #expect(try await client.readAll() == "you said hello")
            client.close()
        }
    }

    @Test func `an IP address is checked against the addresses in the certificate`() async throws {
        try await withServer("good") { endpoint in
            let byAddress = Endpoint(host: "127.0.0.1", port: endpoint.port ?? 0)

            let client = try await connect(byAddress, Self.certificates.client())

            client.close()
        }
    }

    @Test(
        "a certificate that cannot be trusted is refused, and the error says why",
        arguments: [
            (server: "expired", failure: TLSFailure.certificateExpired),
            (server: "elsewhere", failure: .nameMismatch(expected: "localhost")),
            (server: "stranger", failure: .unknownAuthority),
            (server: "other", failure: .selfSigned),
        ])
    func refused(server: String, failure: TLSFailure) async throws {
        try await withServer(server) { endpoint in
            await #expect(throws: SocketError.tls(failure)) {
                try await connect(endpoint, Self.certificates.client())
            }
        }
    }

    @Test func `the system's roots do not know our authority`() async throws {
        try await withServer("good") { endpoint in
            await #expect(throws: SocketError.tls(.unknownAuthority)) {
                try await connect(endpoint, .client())
            }
        }
    }

    @Test func `an authority may be given as text`() async throws {
        try await withServer("good") { endpoint in
            let pem = try Self.contents(of: Self.certificates.path("ca.pem"))

            let client = try await connect(
                endpoint, Self.certificates.client { $0.authorities = .text(pem) })

            client.close()
        }
    }

    @Test(arguments: ["expired", "elsewhere", "stranger"])
    func `insecure_skip_verify accepts any certificate`(server: String) async throws {
        try await withServer(server) { endpoint in
            let client = try await connect(
                endpoint, Self.certificates.client { $0.skipsVerification = true })

            try await client.write("hello")
            #expect(try await client.readAll() == "you said hello")
            client.close()
        }
    }

    @Test func `server_name_override is the name that is checked`() async throws {
        try await withServer("elsewhere") { endpoint in
            let client = try await connect(
                endpoint, Self.certificates.client { $0.serverName = "elsewhere.example" })

            client.close()
        }
    }

    @Test func `sides without a common version part with a reason`() async throws {
        try await withServer("good") {
            $0.lowestVersion = .v1_3
        } _: { endpoint in
            await #expect(
                throws: SocketError.tls(.failed(reason: "tlsv1 alert protocol version"))
            ) {
                try await connect(
                    endpoint, Self.certificates.client { $0.highestVersion = .v1_2 })
            }
        }
    }

    // Goal: partial writes, waiting in both directions, records cut anywhere. Method: the least
    // buffers the kernel allows, many small links and some large ones.
    @Test(arguments: [TLSVersion.v1_2, .v1_3])
    func `a long chain passes whole through tiny buffers`(version: TLSVersion) async throws {
        let bytes = pattern(400_000)
        let body = Body(bytes)
        try await withLoop { loop in
            let (left, right) = try connectedPair(on: loop)
            try shrinkBuffers(left, right)
            let client = try Self.certificates.client { $0.highestVersion = version }
            let server = try Self.certificates.server("good")
            loop.spawn {
                try? await left.encrypt(with: server)
                var head = ByteBuffer()
                head.append("head ")
                try? await left.write(&head, Self.cut(body))
                left.close()
            }

            try await right.encrypt(with: client, host: "localhost")
            var received = ByteBuffer()
            while try await right.read(into: &received, room: 5_000) > 0 {}

            #expect(received.withUnsafeBytes { Array($0) } == Array("head ".utf8) + bytes)
            right.close()
        }
    }

    private static func cut(_ body: Body) -> ByteChain {
        var chain = ByteChain()
        var offset = 0
        while offset < body.count {
            let size = min(1 + chain.links.count * 7_919 % 30_000, body.count - offset)
            chain.append(body, offset..<offset + size)
            offset += size
        }
        return chain
    }

    @Test func `a connection cut off without TLS ending is an error`() async throws {
        try await withLoop { loop in
            let (left, right) = try connectedPair(on: loop)
            let client = try Self.certificates.client()
            let server = try Self.certificates.server("good")
            loop.spawn {
                try? await left.encrypt(with: server)
                shutdown(left.fd, Int32(SHUT_RDWR))
            }
            try await right.encrypt(with: client, host: "localhost")

            let error = await #expect(throws: SocketError.tls(.truncated)) {
                try await right.readOnce()
            }

            #expect(error?.isDisconnect == true)
            right.close()
            left.close()
        }
    }

    @Test func `a handshake that dawdles ends at the deadline`() async throws {
        try await withLoop { loop in
            let (left, right) = try connectedPair(on: loop)
            right.deadline = loop.now + .milliseconds(5)

            await #expect(throws: SocketError.timedOut) {
                try await right.encrypt(with: Self.certificates.client(), host: "localhost")
            }
            right.close()
            left.close()
        }
    }

    @Test func `a client that speaks no TLS is sent away and counted`() async throws {
        try await withLoop { loop in
            var options = ListenerOptions()
            options.tls = try Self.certificates.server("good")
            let listener = try Listener(Endpoint("localhost:0"), options: options)
            listener.start(on: loop, handingTo: [loop], ListenerTests.answer)
            let client = try await Stream.connect(to: listener.endpoint, deadline: .distantFuture)

            try await client.write("GET / HTTP/1.1\r\n\r\n")

            _ = try? await client.readAll()
            await eventually("the failure was counted", on: loop) {
                listener.counts.failedHandshakes.load(ordering: .relaxed) == 1
            }
            client.close()
            await listener.close()
        }
    }
}

// MARK: - Certificates of clients

extension TLSTests {
    @Test func `a server that asks for certificates takes those of its authority`() async throws {
        let authority = PEMSource.file(Self.certificates.path("ca.pem"))
        try await withServer("good") {
            $0.authorities = authority
        } _: { endpoint in
            let shown = Self.certificates.shown("client")
            let client = try await connect(
                endpoint,
                Self.certificates.client {
                    $0.certificate = shown.certificate
                    $0.key = shown.key
                })

            try await client.write("hello")
            #expect(try await client.readAll() == "you said hello")
            client.close()
        }
    }

    @Test func `a server that asks for certificates refuses a client without one`() async throws {
        let authority = PEMSource.file(Self.certificates.path("ca.pem"))
        try await withServer("good") {
            $0.authorities = authority
        } _: { endpoint in
            // With TLS 1.3 the client learns of it when it reads.
            let client = try await connect(endpoint, Self.certificates.client())

            await #expect(
                throws: SocketError.tls(.failed(reason: "tlsv13 alert certificate required"))
            ) {
                try await client.readAll()
            }
            client.close()
        }
    }
}

// MARK: - Settings

extension TLSTests {
    @Test func `a file that is missing is named with its option`() {
        var settings = TLSSettings()
        settings.authorities = .file("/no/such.pem")

        #expect {
            try TLSContext.client(settings)
        } throws: { error in
            "\(error)" == "ca_file '/no/such.pem': no such file or directory"
        }
    }

    @Test func `a text that is no certificate is refused`() {
        var settings = TLSSettings()
        settings.authorities = .text("not a certificate")

        #expect(
            throws: TLSFailure.unusable(
                what: "ca_file", .text("not a certificate"), reason: "no start line")
        ) {
            try TLSContext.client(settings)
        }
    }

    @Test func `a key of another certificate is refused`() {
        var settings = Self.certificates.shown("good")
        settings.key = .file(Self.certificates.path("client.key"))

        #expect(
            throws: TLSFailure.unusable(
                what: "key_file", .file(Self.certificates.path("client.key")),
                reason: "key values mismatch")
        ) {
            try TLSContext.server(settings)
        }
    }

    @Test func `half a pair of certificate and key is refused`() {
        var keyOnly = Self.certificates.shown("good")
        keyOnly.certificate = nil
        var certificateOnly = Self.certificates.shown("good")
        certificateOnly.key = nil

        #expect(throws: TLSFailure.keyWithoutCertificate) { try TLSContext.client(keyOnly) }
        #expect(throws: TLSFailure.certificateWithoutKey) { try TLSContext.client(certificateOnly) }
        #expect(throws: TLSFailure.serverCertificateMissing) {
            try TLSContext.server(TLSSettings())
        }
    }

    @Test func `versions the wrong way round are refused`() {
        var settings = TLSSettings()
        settings.lowestVersion = .v1_3
        settings.highestVersion = .v1_2

        #expect(throws: TLSFailure.versionsCrossed(lowest: .v1_3, highest: .v1_2)) {
            try TLSContext.client(settings)
        }
    }
}

// MARK: - Others' implementations

extension TLSTests {
    @Test func `the client speaks to openssl's server`() async throws {
        let good = Self.certificates.path("good")
        let server = try Companion(
            "openssl s_server -accept 127.0.0.1:0 -rev -cert \(good).pem -key \(good).key 2>&1")
        let endpoint = try Endpoint(server.line(after: "ACCEPT "))
        try await withLoop { _ in
            let client = try await connect(endpoint, Self.certificates.client())

            try await client.write("hello\n")

            #expect(try await client.readOnce() == "olleh\n")
            client.close()
        }
    }

    @Test func `openssl's client speaks to the server`() async throws {
        let authority = Self.certificates.path("ca.pem")
        try await withServer("good") { endpoint in
            let port = endpoint.port ?? 0
            let client = try Companion(
                "sh -c 'echo hello | openssl s_client -connect 127.0.0.1:\(port) -quiet "
                    + "-CAfile \(authority) -verify_return_error -servername localhost 2>&1'")

            #expect(try client.line(after: "you said ") == "hello")
        }
    }
}

// MARK: - Setting up

extension TLSTests {
    /// A server in a loop of its own; `body` runs in another.
    private func withServer(
        _ name: String, _ change: (inout TLSSettings) -> Void = { _ in },
        _ body: @escaping @Sendable (Endpoint) async throws -> Void
    ) async throws {
        var settings = Self.certificates.shown(name)
        change(&settings)
        var options = ListenerOptions()
        options.tls = try .server(settings)
        let listener = try Listener(Endpoint("localhost:0"), options: options)
        let serving = try EventLoop(name: "serving")
        serving.start()
        listener.start(on: serving, handingTo: [serving], ListenerTests.answer)
        defer { #expect(serving.stop(), "tasks were left on the serving loop") }
        try await withLoop { _ in try await body(listener.endpoint) }
    }

    private func connect(_ endpoint: Endpoint, _ tls: TLSContext) async throws -> Stream {
        try await Stream.connect(to: endpoint, deadline: .now() + .seconds(10), tls: tls)
    }

    private static func contents(of path: String) throws -> String {
        let fd = try SystemCall.run("open") { open(path, O_RDONLY) }
        defer { SystemCall.close(fd) }
        var text = ByteBuffer()
        _ = text.appendUninitialized(room: 65_536) { read(fd, $0.baseAddress, 65_536) }
        return text.text
    }
}

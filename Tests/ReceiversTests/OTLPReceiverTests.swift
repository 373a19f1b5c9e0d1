import ComponentTesting
import HTTP
import OTLP
import Pipeline
import Primitives
import Sockets
import TestSupport
import Testing

@testable import Receivers

/// The receiver as a server: its options, and what the HTTP layer refuses.
struct OTLPReceiverTests {
    // MARK: What never becomes a request

    @Test func `what the HTTP layer refuses is a Status too`() async throws {
        try await withReceiver { receiver, _ in
            let client = try await RawClient(to: receiver.endpoint)

            try await client.send("POST /v1/traces\r\n\r\n")

            let answer = try await client.receiveAll()
            #expect(
                answer == """
                    HTTP/1.1 400 Bad Request
                    Content-Type: application/json
                    Connection: close
                    {"code":3,"message":"request line is not 'method target version'"}
                    """)
        }
    }

    @Test func `headers without end are 431`() async throws {
        try await withReceiver { receiver, _ in
            let client = try await RawClient(to: receiver.endpoint)
            let header = "x: \(String(repeating: "y", count: 10_000))\r\n"

            try await client.send(
                "POST /v1/traces HTTP/1.1\r\n" + String(repeating: header, count: 7))

            let answer = try await client.receiveAll()
            #expect(
                answer == """
                    HTTP/1.1 431 Request Header Fields Too Large
                    Content-Type: application/json
                    Connection: close
                    {"code":3,"message":"headers are larger than 65536 bytes"}
                    """)
        }
    }

    @Test func `a body that stays away is 408 in the request's encoding`() async throws {
        try await withReceiver("read_timeout: 50ms") { receiver, _ in
            let client = try await RawClient(to: receiver.endpoint)

            try await client.send(
                """
                POST /v1/traces HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r
                Content-Type: application/x-protobuf\r\n\r\nhalf
                """)

            let answer = try await client.receiveAll()
            #expect(
                answer == """
                    HTTP/1.1 408 Request Timeout
                    Content-Type: application/x-protobuf
                    Connection: close
                    \u{8}\u{4}\u{12}\u{18}the body came too slowly
                    """)
        }
    }

    @Test func `one connection too many is 503, and told when to come back`() async throws {
        try await withReceiver("max_connections: 1") { receiver, loop in
            let first = try await RawClient(to: receiver.endpoint)
            try await first.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            _ = try await first.receive(until: "404")
            let second = try await RawClient(to: receiver.endpoint)

            let answer = try await second.receiveAll()

            #expect(
                answer == """
                    HTTP/1.1 503 Service Unavailable
                    Content-Type: application/json
                    Retry-After: 1
                    Connection: close
                    {"code":14,"message":"1 connections are open, which is the limit"}
                    """)
        }
    }

    @Test func `who is refused by the head is not asked for the body`() async throws {
        try await withReceiver { receiver, _ in
            let client = try await RawClient(to: receiver.endpoint)

            try await client.send(
                """
                POST /v1/traces HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r
                Content-Type: text/plain\r\nExpect: 100-continue\r\n\r\n
                """)

            let answer = try await client.receiveAll()
            #expect(answer.hasPrefix("HTTP/1.1 415 Unsupported Media Type\n"))
        }
    }

    // MARK: Options

    @Test func `paths are as configured, for signals that a pipeline has`() async throws {
        let options = "traces_url_path: in/traces, logs_url_path: /in/logs"
        try await withReceiver(options, signals: [.traces, .metrics]) { receiver, loop in
            var statuses: [Int] = []
            for path in ["/in/traces", "/v1/traces", "/v1/metrics", "/in/logs"] {
                let request = try Request.export([], to: path)
                statuses.append(try await receiver.response(to: request, on: loop).status.code)
            }

            #expect(statuses == [200, 404, 200, 404])
        }
    }

    @Test func `headers of the configuration are on every answer`() async throws {
        try await withReceiver("response_headers: {Server: martlet, X-A: b}") { receiver, loop in
            let good = try await receiver.send(.export([]), on: loop)
            let bad = try await receiver.send(Request(.get, "/v1/logs"), on: loop)

            #expect(
                good == """
                    200\nContent-Type: application/x-protobuf\nServer: martlet\nX-A: b
                    """)
            #expect(
                bad == """
                    405\nContent-Type: application/json\nAllow: POST\nServer: martlet\nX-A: b
                    {"code":12,"message":"the method is GET, must be POST"}
                    """)
        }
    }

    @Test func `without keep-alive every answer ends its connection`() async throws {
        try await withReceiver("keep_alives_enabled: false") { receiver, loop in
            let answer = try await receiver.send(.export([]), on: loop)

            #expect(answer == "200\nContent-Type: application/x-protobuf\nConnection: close")
        }
    }

    @Test func `codings that are not listed are refused`() async throws {
        try await withReceiver("compression_algorithms: [gzip]") { receiver, loop in
            let gzip = try await receiver.send(.export([], coding: .gzip), on: loop)
            let zstd = try await receiver.send(.export([], coding: .zstd), on: loop)

            #expect(gzip == "200\nContent-Type: application/x-protobuf")
            #expect(zstd.hasSuffix("Content-Encoding is 'zstd', must be one of identity, gzip"))
        }
    }

    @Test(
        "transport decides which addresses a name stands for",
        arguments: [
            (transport: "tcp4", address: "127.0.0.1", stranger: "::1"),
            (transport: "tcp6", address: "::1", stranger: "127.0.0.1"),
        ])
    func families(transport: String, address: String, stranger: String) async throws {
        for endpoint in [":0", "localhost:0"] {
            try await withReceiver("transport: \(transport)", endpoint: endpoint) {
                receiver, _ in
                let port = receiver.endpoint.port ?? 0
                let client = try await RawClient(to: Endpoint(host: address, port: port))
                try await client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                let answer = try await client.receive(until: "404")

                #expect(answer.hasPrefix("HTTP/1.1 404"))
                await #expect(throws: SocketError.self) {
                    _ = try await RawClient(to: Endpoint(host: stranger, port: port))
                }
            }
        }
    }

    @Test func `the end is told in one line of the log`() async throws {
        let log = try await withReceiver { receiver, loop in
            for request in [try Request.export(), try .json("x"), Request(.get, "/")] {
                _ = try await receiver.send(request, on: loop)
            }
            await receiver.receiver.stop(by: .now() + patience)
            return receiver.log.lines
        }

        let size = Payloads.traces(spans: 2).count + 1
        #expect(log.first?.hasPrefix("info listening endpoint=127.0.0.1:") == true)
        #expect(
            log.dropFirst() == [
                """
                warning refused a request message=the body is not valid OTLP: JSON at 1:1: 'x', \
                expected an object reason=malformed
                """,
                """
                debug refused a request message=nothing is received at /; send to /v1/traces, \
                /v1/metrics, /v1/logs reason=not_found
                """,
                """
                info stopped listening body_bytes=\(size) connections=3 refused.malformed=1 \
                refused.not_found=1 requests=3
                """,
            ])
    }

    // MARK: TLS

    @Test func `over TLS a client that trusts the certificate may send`() async throws {
        let pem = try TemporaryPEM()
        try await withReceiver(Self.tls(pem)) { receiver, loop in
            let answer = try await receiver.send(
                .export(), on: loop, tls: Self.clientContext())

            #expect(answer == "200\nContent-Type: application/x-protobuf")
            #expect(receiver.intake.summary == ["traces 2"])
        }
    }

    @Test func `with client_ca_file a client needs a certificate`() async throws {
        let pem = try TemporaryPEM()
        let options = Self.tls(pem, ", client_ca_file: \(pem.certificate)")
        try await withReceiver(options) { receiver, loop in
            let known = try await receiver.send(
                .export(), on: loop,
                tls: Self.clientContext {
                    $0.certificate = .text(TestCertificate.certificate)
                    $0.key = .text(TestCertificate.key)
                })
            await #expect(throws: HTTPClientError.self) {
                try await receiver.send(.export(), on: loop, tls: Self.clientContext())
            }

            #expect(known == "200\nContent-Type: application/x-protobuf")
            #expect(receiver.intake.summary == ["traces 2"])
        }
    }

    @Test func `an old version of TLS is refused`() async throws {
        let pem = try TemporaryPEM()
        try await withReceiver(Self.tls(pem, ", min_version: '1.3'")) { receiver, loop in
            await #expect(throws: HTTPClientError.self) {
                try await receiver.send(
                    .export(), on: loop, tls: Self.clientContext { $0.highestVersion = .v1_2 })
            }
        }
    }

    @Test func `plain text to a TLS port is not answered`() async throws {
        let pem = try TemporaryPEM()
        try await withReceiver(Self.tls(pem) + ", max_connections: 1") { receiver, loop in
            let first = try await RawClient(to: receiver.endpoint)
            let second = try await RawClient(to: receiver.endpoint)
            try await second.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")

            let answer = try? await second.receiveAll()

            #expect((answer ?? "").contains("HTTP") == false)
            withExtendedLifetime(first) {}
        }
    }

    @Test func `a certificate that cannot be read is told at the start`() async throws {
        let tls = "tls: {cert_file: /nowhere.pem, key_file: /nowhere.key}"
        await #expect(
            throws: ReceiverHarness.Refused(
                report: """
                    receivers.otlp.protocols.http.tls cannot be used: cert_file \
                    '/nowhere.pem': no such file or directory
                    """)
        ) {
            try await withReceiver(tls) { _, _ in }
        }
    }

    private static func tls(_ pem: TemporaryPEM, _ more: String = "") -> String {
        "tls: {cert_file: \(pem.certificate), key_file: \(pem.key)\(more)}"
    }

    private static func clientContext(
        _ change: (inout TLSSettings) -> Void = { _ in }
    ) throws -> TLSContext {
        var settings = TLSSettings()
        settings.authorities = .text(TestCertificate.certificate)
        change(&settings)
        return try .client(settings)
    }

    // MARK: Mistakes

    @Test("a mistake is told with its place", arguments: mistakes)
    func mistake(yaml: String, message: String) {
        let made = SectionText(yaml, path: "receivers.otlp") { OTLPReceiver(from: &$0) }

        #expect(made.messages == [message])
    }

    private static let mistakes: [(yaml: String, message: String)] = [
        ("{}", "error: receivers.otlp has no protocol to listen for"),
        (
            "protocols: {http: {enabled: false}}",
            "error: receivers.otlp has no protocol to listen for"
        ),
        ("protocols: {http: {tls: {}}}", "error: \(http).tls has no certificate"),
        (
            "protocols: {http: {tls: {cert_file: a}}}",
            "error: \(http).tls has a certificate without its key"
        ),
        (
            "protocols: {http: {tls: {cert_file: a, key_file: b, max_version: '1.1'}}}",
            "error: \(http).tls.max_version is 1.1, which is below min_version 1.2"
        ),
        (
            "protocols: {http: {tls: {cert_file: a, cert_pem: a, key_file: b}}}",
            "error: \(http).tls.cert_pem is given beside cert_file, but only one can count"
        ),
        (
            "protocols: {http: {endpoint: 0.0.0.0:4318}}",
            """
            warning: \(http).endpoint is reachable from other machines, without TLS or \
            authentication
            """
        ),
        (
            "protocols: {http: {traces_url_path: /x, logs_url_path: x}}",
            "error: \(http).logs_url_path is '/x', which is the path of traces already"
        ),
        (
            "protocols: {http: {traces_url_path: /x?y}}",
            """
            error: \(http).traces_url_path is '/x?y', but must be a path of visible ASCII \
            without '?' and '#'
            """
        ),
        (
            "protocols: {http: {response_headers: {Content-Length: 5}}}",
            """
            error: \(http).response_headers has the header 'Content-Length' that the protocol \
            writes itself
            """
        ),
        (
            "protocols: {http: {response_headers: {'a b': c}}}",
            """
            error: \(http).response_headers has the header 'a b' whose name has a character \
            that no header may have
            """
        ),
        (
            "protocols: {http: {compression_algorithms: [gzip, brotli]}}",
            "error: \(http).compression_algorithms names 'brotli', which is not a content coding"
        ),
        (
            "protocols: {http: {cors: {allowed_headers: [x]}}}",
            "warning: \(http).cors allows no origin, so it has no effect"
        ),
        (
            "protocols: {http: {cors: {allowed_origins: ['*.*']}}}",
            "error: \(http).cors.allowed_origins has '*.*', but one * is the most in each"
        ),
        (
            "protocols: {http: {transport: unix}}",
            "error: \(http).endpoint must be given"
        ),
    ]

    private static let http = "receivers.otlp.protocols.http"

    @Test func `TLS makes an open endpoint no trap`() {
        let made = SectionText(
            "protocols: {http: {endpoint: ':4318', tls: {cert_file: a, key_file: b}}}",
            path: "receivers.otlp"
        ) { OTLPReceiver(from: &$0) }

        #expect(made.report.isEmpty)
    }
}

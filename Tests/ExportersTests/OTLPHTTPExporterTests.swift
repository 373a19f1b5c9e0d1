import ComponentTesting
import HTTP
import OTLP
import Pipeline
import Primitives
import Sockets
import TestSupport
import Testing

@testable import Exporters

/// What is sent, and what an answer or the lack of one means, over real connections.
struct OTLPHTTPExporterTests {
    private typealias Harness = ExporterHarness<OTLPHTTPExporter>

    // MARK: Requests

    @Test func `each signal goes to its path below the endpoint`() async throws {
        let backend = Backend()
        let batches = [try Batch.traces(2), try .metrics(3), try .logs(4)]

        try await withBackend(backend) { endpoint in
            let harness = try await Harness("endpoint: http://\(endpoint)/base/")
            for batch in batches { #expect(await harness.export(batch) == .exported) }
            await harness.stop()
        }

        let type = "application/x-protobuf"
        #expect(
            backend.arrivals
                == zip(["traces", "metrics", "logs"], batches).map {
                    Backend.Arrival(
                        target: "/base/v1/\($0)", contentType: type, contentEncoding: "gzip",
                        body: $1.message)
                })
    }

    @Test func `a signal's own endpoint is used as it is`() async throws {
        let backend = Backend()

        try await withBackend(backend) { endpoint in
            let harness = try await Harness(
                """
                endpoint: http://\(endpoint)
                logs_endpoint: http://\(endpoint)/in?key=1
                """)
            _ = await harness.export(try .logs())
            _ = await harness.export(try .traces())
            await harness.stop()
        }

        #expect(backend.arrivals.map(\.target) == ["/in?key=1", "/v1/traces"])
    }

    @Test(
        "a body is compressed as configured",
        arguments: [
            (options: "compression: none", header: nil),
            (options: "compression: ''", header: nil),
            (options: "compression: gzip, compression_params: {level: 9}", header: "gzip"),
            (options: "compression: zstd, compression_params: {level: 3}", header: "zstd"),
            (options: "compression: deflate", header: "deflate"),
            (options: "compression: zlib", header: "deflate"),
        ])
    func compression(options: String, header: String?) async throws {
        let backend = Backend()
        let batch = try Batch.traces(50)

        try await withBackend(backend) { endpoint in
            let harness = try await Harness("{endpoint: 'http://\(endpoint)', \(options)}")
            #expect(await harness.export(batch) == .exported)
            await harness.stop()
        }

        #expect(
            backend.arrivals == [
                Backend.Arrival(
                    target: "/v1/traces", contentType: "application/x-protobuf",
                    contentEncoding: header, body: batch.message)
            ])
    }

    @Test func `as JSON it is one object`() async throws {
        let backend = Backend()
        let batch = try Batch.logs(2)

        try await withBackend(backend) { endpoint in
            let harness = try await Harness("{endpoint: 'http://\(endpoint)', encoding: json}")
            #expect(await harness.export(batch) == .exported)
            await harness.stop()
        }

        #expect(
            backend.arrivals == [
                Backend.Arrival(
                    target: "/v1/logs", contentType: "application/json", contentEncoding: "gzip",
                    body: Array(batch.line.utf8.dropLast()))
            ])
    }

    @Test func `headers are added, and replace those of the exporter`() async throws {
        let backend = Backend()

        let authority = try await withBackend(backend) { endpoint in
            let plain = try await Harness("{endpoint: 'http://\(endpoint)', compression: none}")
            let changed = try await Harness(
                """
                endpoint: http://\(endpoint)
                compression: none
                headers: {X-Key: secret, Host: otel.example.com, user-agent: mine}
                """)
            for harness in [plain, changed] {
                _ = await harness.export(try .traces())
                await harness.stop()
            }
            return "\(endpoint)"
        }

        let size = "\(try Batch.traces().message.count)"
        #expect(
            backend.headers == [
                [
                    "Host": authority, "User-Agent": "test",
                    "Content-Type": "application/x-protobuf", "Content-Length": size,
                ],
                [
                    "Content-Type": "application/x-protobuf", "X-Key": "secret",
                    "Host": "otel.example.com", "user-agent": "mine", "Content-Length": size,
                ],
            ])
    }

    @Test(
        "connections are kept unless that is switched off",
        arguments: [
            (options: "", connection: nil),
            (options: ", disable_keep_alives: true", connection: "close"),
        ])
    func keepAlive(options: String, connection: String?) async throws {
        let backend = Backend()

        try await withBackend(backend) { endpoint in
            let harness = try await Harness("{endpoint: 'http://\(endpoint)'\(options)}")
            for _ in 0..<2 { #expect(await harness.export(try .traces()) == .exported) }
            await harness.stop()
        }

        #expect(backend.headers.map { $0["Connection"] } == [connection, connection])
    }

    // MARK: Answers

    @Test("an answer decides what becomes of the batch", arguments: answers)
    func answer(response: Response, result: ExportResult) async throws {
        try await withBackend(Backend([response])) { endpoint in
            let harness = try await Harness("endpoint: http://\(endpoint)")

            #expect(await harness.export(try .traces()) == result)
            await harness.stop()
        }
    }

    private static let answers: [(response: Response, result: ExportResult)] = [
        (Response(.ok), .exported),
        (Response(.noContent), .exported),
        (answer(.ok, protobuf: Proto().message(1, Proto())), .exported),
        (answer(.ok, json: #"{"partialSuccess":{}}"#), .exported),
        // The backend has the data, whatever it means to say.
        (answer(.ok, json: "<html>"), .exported),
        (Response(.ok, contentType: "text/html", .fixed("hello")), .exported),
        (
            answer(.ok, protobuf: Proto().message(1, Proto().varint(1, 3).text(2, "too old"))),
            .partlyRejected(count: 3, message: "too old")
        ),
        (
            answer(.ok, json: #"{"partialSuccess":{"rejectedSpans":"2","errorMessage":"no"}}"#),
            .partlyRejected(count: 2, message: "no")
        ),
        (
            answer(.ok, json: #"{"partialSuccess":{"errorMessage":"slow down"}}"#),
            .partlyRejected(count: 0, message: "slow down")
        ),
        (
            answer(.badRequest, protobuf: Proto().varint(1, 3).text(2, "bad span")),
            .permanent(reason: "the server answered 400 Bad Request: bad span")
        ),
        (
            answer(.badRequest, json: #"{"code":3,"message":"bad span"}"#),
            .permanent(reason: "the server answered 400 Bad Request: bad span")
        ),
        (
            Response(.unauthorized, contentType: "text/html", .fixed("<html>")),
            .permanent(reason: "the server answered 401 Unauthorized")
        ),
        (
            Response(.internalServerError),
            .permanent(reason: "the server answered 500 Internal Server Error")
        ),
        (
            answer(.requestTimeout, retryAfter: "1"),
            .permanent(reason: "the server answered 408 Request Timeout")
        ),
        (
            answer(.tooManyRequests, retryAfter: "7"),
            .retryable(reason: "the server answered 429 Too Many Requests", after: .seconds(7))
        ),
        (
            answer(.serviceUnavailable, retryAfter: "0"),
            .retryable(reason: "the server answered 503 Service Unavailable", after: .zero)
        ),
        (
            answer(.serviceUnavailable, retryAfter: "Sun, 06 Nov 1994 08:49:37 GMT"),
            .retryable(reason: "the server answered 503 Service Unavailable", after: .zero)
        ),
        (
            answer(.serviceUnavailable, retryAfter: "soon"),
            .retryable(reason: "the server answered 503 Service Unavailable", after: nil)
        ),
        (
            answer(.serviceUnavailable, retryAfter: "99999999999999999999"),
            .retryable(reason: "the server answered 503 Service Unavailable", after: nil)
        ),
        (
            answer(.badGateway, retryAfter: "7"),
            .retryable(reason: "the server answered 502 Bad Gateway", after: nil)
        ),
        (
            Response(.gatewayTimeout),
            .retryable(reason: "the server answered 504 Gateway Timeout", after: nil)
        ),
        (
            Response(moved, headers: ["Location": "https://elsewhere.example"]),
            .permanent(
                reason: """
                    the server answered 308 Permanent Redirect: it redirects to \
                    https://elsewhere.example, which is not followed
                    """)
        ),
        (
            Response(.ok, content: .chain(ByteChain(Body([UInt8](repeating: 0, count: 5 << 20))))),
            .permanent(reason: "the response is larger than 4194304 bytes")
        ),
    ]

    private static let moved = Status(code: 308) ?? .notModified

    private static func answer(_ status: Status, json: String) -> Response {
        var body = ByteBuffer()
        body.append(json)
        return Response(status, contentType: "application/json; charset=utf-8", body: body)
    }

    private static func answer(_ status: Status, protobuf: Proto) -> Response {
        Response(
            status, contentType: "application/x-protobuf",
            .chain(ByteChain(Body(protobuf.bytes))))
    }

    private static func answer(_ status: Status, retryAfter: String) -> Response {
        Response(status, headers: ["Retry-After": retryAfter])
    }

    @Test(
        "Retry-After is seconds or a date, and at most a day",
        arguments: [
            (text: "Sun, 06 Nov 1994 08:49:37 GMT", delay: Duration.seconds(30)),
            (text: "Sun, 06 Nov 1994 08:49:00 GMT", delay: .zero),
            (text: "Sun, 06 Nov 2094 08:49:37 GMT", delay: .seconds(86_400)),
            (text: "86401", delay: .seconds(86_400)),
            (text: "-1", delay: nil),
            (text: "1.5", delay: nil),
            (text: "", delay: nil),
        ])
    func retryAfter(text: String, delay: Duration?) {
        let outcome = OTLPHTTPOutcome(
            status: .tooManyRequests, contentType: nil, retryAfter: text, location: nil,
            signal: .traces, wallSeconds: 784_111_747)

        let result = outcome.result(ByteBuffer().bytes)

        #expect(
            result
                == .retryable(reason: "the server answered 429 Too Many Requests", after: delay))
    }

    // MARK: No answer

    @Test func `nobody listens: to be tried again`() async throws {
        let endpoint = try await withBackend { $0 }
        let harness = try await Harness("endpoint: http://\(endpoint)")

        let result = await harness.export(try .traces())

        #expect(result.isRetryable(beginning: "could not connect: "))
        await harness.stop()
    }

    @Test func `no answer in time: to be tried again`() async throws {
        try await withBackend(Backend(isSilent: true)) { endpoint in
            let harness = try await Harness("{endpoint: 'http://\(endpoint)', timeout: 50ms}")

            let result = await harness.export(try .traces())

            #expect(
                result
                    == .retryable(
                        reason: "the response was not there and the time was up after 0.05 seconds",
                        after: nil))
            await harness.stop()
        }
    }

    @Test func `a connection that ends: to be tried again`() async throws {
        let loop = try EventLoop(name: "listener")
        loop.start()
        defer { loop.stop() }
        let listener = try Listener(Endpoint(host: "127.0.0.1", port: 0))
        listener.start(on: loop, handingTo: [loop]) { _ in }
        let harness = try await Harness("endpoint: http://\(listener.endpoint)")

        let result = await harness.export(try .traces())

        #expect(result.isRetryable(beginning: "the server closed the connection"))
        await harness.stop()
        await listener.close()
    }

    @Test func `a server that does not speak HTTP: to be tried again`() async throws {
        let loop = try EventLoop(name: "listener")
        loop.start()
        defer { loop.stop() }
        let listener = try Listener(Endpoint(host: "127.0.0.1", port: 0))
        listener.start(on: loop, handingTo: [loop]) { stream in
            var greeting = ByteBuffer()
            greeting.append("SSH-2.0-OpenSSH\r\n")
            try? await stream.write(&greeting)
            var inbox = ByteBuffer()
            while let count = try? await stream.read(into: &inbox, room: 4096), count > 0 {}
        }
        let harness = try await Harness("endpoint: http://\(listener.endpoint)")

        let result = await harness.export(try .traces())

        #expect(result.isRetryable(beginning: "the response is not acceptable: "))
        await harness.stop()
        await listener.close()
    }

    // MARK: TLS

    @Test func `a trusted server gets everything, an unknown one nothing`() async throws {
        let backend = Backend()
        var settings = TLSSettings()
        settings.certificate = .text(TestCertificate.certificate)
        settings.key = .text(TestCertificate.key)
        let pem = try TemporaryPEM()

        try await withBackend(backend, tls: .server(settings)) { endpoint in
            let trusting = try await Harness(
                "{endpoint: 'https://\(endpoint)', tls: {ca_file: \(pem.certificate)}}")
            let doubting = try await Harness("endpoint: https://\(endpoint)")
            #expect(await trusting.export(try .traces()) == .exported)
            let result = await doubting.export(try .traces())

            #expect(result.isRetryable(beginning: "could not connect safely: "))
            #expect(backend.arrivals.count == 1)
            await trusting.stop()
            await doubting.stop()
        }
    }

    // MARK: Mistakes

    @Test func `a signal without an endpoint is told at the start`() async throws {
        let options = "traces_endpoint: http://localhost:4318/"
        let error = await #expect(throws: StartError.self) {
            try await Harness(options, for: [.traces, .logs])
        }

        #expect(
            error?.description == """
                exporters.test has no endpoint for logs, but a pipeline sends them to it; \
                write endpoint or logs_endpoint
                """)
    }

    @Test func `a certificate that cannot be read is told at the start`() async throws {
        let error = await #expect(throws: StartError.self) {
            try await Harness("{endpoint: 'https://h', tls: {ca_file: /nowhere.pem}}")
        }

        #expect(
            error?.description == """
                exporters.test.tls cannot be used: ca_file '/nowhere.pem': no such file or \
                directory
                """)
    }

    @Test(
        "a mistake is told with its place",
        arguments: [
            (yaml: "{}", message: "error: exporters.otlp_http has no endpoint"),
            (
                yaml: "endpoint: localhost:4318",
                message: """
                error: exporters.otlp_http.endpoint is 'localhost:4318', but must be a URL such \
                as http://localhost:4318
                """
            ),
            (
                yaml: "{endpoint: 'http://h', compression: snappy}",
                message: """
                error: exporters.otlp_http.compression is 'snappy', which is not in this build yet
                """
            ),
            (
                yaml: "{endpoint: 'http://h', compression_params: {level: 10}}",
                message: """
                error: exporters.otlp_http.compression_params has level 10, which gzip does not \
                have
                """
            ),
            (
                yaml: "{endpoint: 'http://h', headers: {transfer-encoding: chunked}}",
                message: """
                error: exporters.otlp_http.headers has the header 'transfer-encoding' that the \
                protocol writes itself
                """
            ),
            (
                yaml: "{endpoint: 'http://h', tls: {key_file: k}}",
                message: "error: exporters.otlp_http.tls has a key without its certificate"
            ),
        ])
    func mistakes(yaml: String, message: String) {
        let made = SectionText(yaml, path: "exporters.otlp_http") {
            OTLPHTTPExporter(from: &$0)
        }

        #expect(made.messages == [message])
    }
}

extension ExportResult {
    /// Whether the batch is to be tried again, for a reason that the kernel completes.
    fileprivate func isRetryable(beginning prefix: String) -> Bool {
        guard case .retryable(let reason, nil) = self else { return false }
        return reason.hasPrefix(prefix)
    }
}

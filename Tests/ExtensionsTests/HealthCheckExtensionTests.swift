import ComponentTesting
import HTTP
import Pipeline
import Sockets
import TestSupport
import Testing

@testable import Extensions

/// What a probe is told over a real connection.
struct HealthCheckExtensionTests {
    private static let notAvailable =
        #"{"status":"Server not available","upSince":"0001-01-01T00:00:00Z","uptime":""}"#

    @Test func `before the pipelines run and while they stop it says 503`() async throws {
        try await withHealthCheck { health, probe in
            let before = try await probe.get("/")
            health.announce(ready: true)
            let ready = try await probe.get("/")
            health.announce(ready: false)
            let stopping = try await probe.get("/")

            #expect(before == "503\nContent-Type: application/json\n\(Self.notAvailable)")
            #expect(ready.hasPrefix("200\n"))
            #expect(stopping == before)
        }
    }

    @Test func `once ready it says since when, as otelcol does`() async throws {
        try await withHealthCheck { health, probe in
            health.announce(ready: true)

            let answer = try await probe.get("/")

            #expect(
                String(answer.map { $0.isNumber ? "0" : $0 }) == """
                    000\nContent-Type: application/json
                    {"status":"Server available","upSince":"0000-00-00T00:00:00Z","uptime":"0s"}
                    """)
        }
    }

    @Test("any method is answered", arguments: [HTTP.Method.head, .post, .put, .other("PING")])
    func methods(method: HTTP.Method) async throws {
        try await withHealthCheck { health, probe in
            health.announce(ready: true)

            let status = try await probe.status(of: method, "/")
            #expect(status == 200)
        }
    }

    @Test func `one path is answered, whatever its query, and others are 404`() async throws {
        try await withHealthCheck("path: /healthz") { _, probe in
            let plain = try await probe.status(of: .get, "/healthz")
            let verbose = try await probe.status(of: .get, "/healthz?verbose")
            let other = try await probe.get("/")

            #expect([plain, verbose] == [503, 503])
            #expect(
                other == """
                    404\nContent-Type: text/plain; charset=utf-8
                    health is told at /healthz

                    """)
        }
    }

    @Test func `the texts can be one's own`() async throws {
        try await withHealthCheck("response_body: {healthy: fine, unhealthy: no}") {
            health, probe in
            let before = try await probe.get("/")
            health.announce(ready: true)
            let after = try await probe.get("/")

            #expect(before == "503\nContent-Type: text/plain; charset=utf-8\nno")
            #expect(after == "200\nContent-Type: text/plain; charset=utf-8\nfine")
        }
    }

    @Test func `it can be asked over TLS`() async throws {
        let folder = try TemporaryPEM()
        let tls = "tls: {cert_file: \(folder.certificate), key_file: \(folder.key)}"
        try await withHealthCheck(tls) { _, probe in
            var settings = TLSSettings()
            settings.authorities = .text(TestCertificate.certificate)
            let context = try TLSContext.client(settings)

            let status = try await probe.status(of: .get, "/", tls: context)
            #expect(status == 503)
        }
    }

    @Test(
        "a mistake is told",
        arguments: [
            (
                yaml: "path: health",
                message: "extensions.health_check.path is 'health', but must begin with /"
            ),
            (yaml: "tls: {}", message: "extensions.health_check.tls has no certificate"),
            (
                yaml: "endpoint: nowhere",
                message: """
                extensions.health_check.endpoint is 'nowhere', but must be an address such as \
                localhost:4318
                """
            ),
        ])
    func mistakes(yaml: String, message: String) {
        let made = SectionText(yaml, path: "extensions.health_check") {
            HealthCheckExtension(from: &$0)
        }

        #expect(made.messages == ["error: \(message)"])
    }

    @Test func `a port that is taken is told at the start`() async throws {
        try await withHealthCheck { health, probe in
            let endpoint = try #require(health.endpoint)

            let error = await #expect(throws: StartError.self) {
                try await withHealthCheck("", endpoint: "\(endpoint)") { _, _ in }
            }

            #expect("\(try #require(error))".hasPrefix("could not listen on \(endpoint): "))
        }
    }
}

/// Asks a running extension.
private struct Probe: Sendable {
    let endpoint: Endpoint
    let loop: EventLoop

    func get(_ path: String) async throws -> String {
        try await response(.get, path).rendered
    }

    func status(
        of method: HTTP.Method, _ path: String, tls: TLSContext? = nil
    ) async throws -> Int {
        try await response(method, path, tls: tls).status.code
    }

    private func response(
        _ method: HTTP.Method, _ path: String, tls: TLSContext? = nil
    ) async throws -> ReceivedResponse {
        var options = HTTPClientOptions()
        options.tls = tls
        let url = try URL("\(tls == nil ? "http" : "https")://\(endpoint)")
        let client = try HTTPClient(to: Origin(url), options: options, on: loop)
        defer { client.close() }
        return try await client.send(Request(method, path), timeout: patience)
    }
}

private func withHealthCheck(
    _ options: String = "", endpoint: String = "127.0.0.1:0",
    _ body: @escaping @Sendable (HealthCheckExtension, Probe) async throws -> Void
) async throws {
    let text = "{endpoint: '\(endpoint)'\(options.isEmpty ? "" : ", \(options)")}"
    let made = SectionText(text, path: "extensions.health_check") {
        HealthCheckExtension(from: &$0)
    }
    try #require(made.report.isEmpty, "\(made.report)")
    let health = made.value
    let log = RecordedLog()
    try await withLoop { loop in
        try await health.start(
            ExtensionContext(id: "health_check", loop: loop, logger: log.logger))
        let bound = try #require(health.endpoint)
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await body(health, Probe(endpoint: bound, loop: loop)))
        } catch {
            outcome = .failure(error)
        }
        await health.stop()
        try outcome.get()
    }
}

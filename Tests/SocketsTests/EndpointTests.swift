import Testing

@testable import Sockets

struct EndpointTests {
    @Test(
        "a well-formed endpoint is understood and written back",
        arguments: [
            (text: "localhost:4318", endpoint: Endpoint.tcp(host: "localhost", port: 4318)),
            (text: "0.0.0.0:4318", endpoint: .tcp(host: "0.0.0.0", port: 4318)),
            (text: ":4318", endpoint: .tcp(host: "", port: 4318)),
            (text: "[::1]:0", endpoint: .tcp(host: "::1", port: 0)),
            (text: "[fe80::1%1]:65535", endpoint: .tcp(host: "fe80::1%1", port: 65535)),
            (
                text: "otel_collector.svc-1:80",
                endpoint: .tcp(host: "otel_collector.svc-1", port: 80)
            ),
            (text: "unix:/run/martlet.sock", endpoint: .unix(path: "/run/martlet.sock")),
        ])
    func understood(text: String, endpoint: Endpoint) throws {
        let parsed = try Endpoint(text)

        #expect(parsed == endpoint)
        #expect(parsed.description == text)
    }

    @Test(arguments: ["unix:///run/a.sock", "/run/a.sock", "unix:/run/a.sock"])
    func `each spelling of a unix socket names its path`(text: String) throws {
        #expect(try Endpoint(text) == .unix(path: "/run/a.sock"))
    }

    @Test(
        "a mistake is refused with its reason",
        arguments: [
            (text: "localhost", problem: EndpointProblem.missingPort),
            (text: "", problem: .missingPort),
            (text: "localhost:", problem: .missingPort),
            (text: "[::1]", problem: .missingPort),
            (text: "localhost:http", problem: .invalidPort("http")),
            (text: "localhost:65536", problem: .invalidPort("65536")),
            (text: "localhost:-1", problem: .invalidPort("-1")),
            (text: "localhost:+80", problem: .invalidPort("+80")),
            (text: "::1:4318", problem: .needsBrackets),
            (text: "[::1:4318", problem: .unclosedBracket),
            (text: "[localhost]:4318", problem: .invalidHost("localhost")),
            (text: "local host:4318", problem: .invalidHost("local host")),
            (text: "http://localhost:4318", problem: .isURL),
            (text: "unix:", problem: .missingPath),
            (
                text: "/" + String(repeating: "a", count: 107),
                problem: .pathTooLong(size: 108, limit: 107)
            ),
        ])
    func refused(text: String, problem: EndpointProblem) {
        #expect(throws: SocketError.invalidEndpoint(text, problem)) { try Endpoint(text) }
    }

    @Test func `the message says what is there and what to write`() {
        let error = SocketError.invalidEndpoint("::1:4318", .needsBrackets)

        #expect(
            error.description
                == "'::1:4318' is no endpoint: an IPv6 address needs brackets; write [::1]:4318")
    }
}

import ComponentTesting
import HTTP
import TestSupport
import Testing

@testable import Receivers

/// What web pages are told, over real connections.
struct CORSPolicyTests {
    struct Case: Sendable {
        let cors: String
        let asks: Headers
        let answer: String
    }

    private static let vary =
        "Vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
    private static let app = "allowed_origins: ['https://app.example.com']"

    @Test(
        "a preflight request is answered with 204",
        arguments: [
            Case(
                cors: app,
                asks: [
                    "Origin": "https://app.example.com", "Access-Control-Request-Method": "POST",
                ],
                answer: """
                    204\n\(vary)
                    Access-Control-Allow-Origin: https://app.example.com
                    Access-Control-Allow-Credentials: true
                    Access-Control-Allow-Methods: POST
                    """),
            Case(
                cors:
                    "allowed_origins: ['https://*.example.com'], allowed_headers: [X-Key], max_age: 60",
                asks: [
                    "Origin": "https://b.Example.com", "Access-Control-Request-Method": "POST",
                    "Access-Control-Request-Headers": "x-key",
                ],
                answer: """
                    204\n\(vary)
                    Access-Control-Allow-Origin: https://b.Example.com
                    Access-Control-Allow-Credentials: true
                    Access-Control-Allow-Methods: POST
                    Access-Control-Allow-Headers: x-key
                    Access-Control-Max-Age: 60
                    """),
            Case(
                cors: "allowed_origins: ['*'], allowed_headers: ['*']",
                asks: [
                    "Origin": "null", "Access-Control-Request-Method": "POST",
                    "Access-Control-Request-Headers": "anything, else",
                ],
                answer: """
                    204\n\(vary)
                    Access-Control-Allow-Origin: *
                    Access-Control-Allow-Methods: POST
                    Access-Control-Allow-Headers: anything, else
                    """),
            Case(
                cors: app,
                asks: [
                    "Origin": "https://app.example.com", "Access-Control-Request-Method": "POST",
                    "Access-Control-Request-Headers": "content-type, content-encoding",
                ],
                answer: """
                    204\n\(vary)
                    Access-Control-Allow-Origin: https://app.example.com
                    Access-Control-Allow-Credentials: true
                    Access-Control-Allow-Methods: POST
                    Access-Control-Allow-Headers: content-type, content-encoding
                    """),
            Case(
                cors: app,
                asks: ["Origin": "https://evil.com", "Access-Control-Request-Method": "POST"],
                answer: "204\n\(vary)"),
            Case(
                cors: app,
                asks: [
                    "Origin": "https://app.example.com", "Access-Control-Request-Method": "PUT",
                ],
                answer: "204\n\(vary)"),
            Case(
                cors: app,
                asks: [
                    "Origin": "https://app.example.com", "Access-Control-Request-Method": "POST",
                    "Access-Control-Request-Headers": "x-key",
                ],
                answer: "204\n\(vary)"),
        ])
    func preflight(example: Case) async throws {
        try await withReceiver("cors: {\(example.cors)}") { receiver, loop in
            let request = Request(.options, "/v1/traces", headers: example.asks)

            let answer = try await receiver.send(request, on: loop)

            #expect(answer == example.answer)
        }
    }

    @Test(
        "a page is served whatever its origin; the headers differ",
        arguments: [
            Case(
                cors: "\(app), exposed_headers: [X-A, X-B]",
                asks: ["Origin": "https://app.example.com"],
                answer: """
                    Vary: Origin
                    Access-Control-Allow-Origin: https://app.example.com
                    Access-Control-Allow-Credentials: true
                    Access-Control-Expose-Headers: X-A, X-B
                    """),
            Case(cors: app, asks: ["Origin": "https://evil.com"], answer: "Vary: Origin"),
            Case(
                cors: "allowed_origins: ['*']", asks: ["Origin": "https://evil.com"],
                answer: "Access-Control-Allow-Origin: *"),
        ])
    func actual(example: Case) async throws {
        try await withReceiver("cors: {\(example.cors)}") { receiver, loop in
            let origin = try #require(example.asks["Origin"])
            let request = try Request.export(with: ("Origin", origin))

            let answer = try await receiver.send(request, on: loop)

            #expect(answer == "200\nContent-Type: application/x-protobuf\n\(example.answer)")
            #expect(receiver.intake.summary == ["traces 2"])
        }
    }

    @Test func `a refusal can be read by the page that caused it`() async throws {
        try await withReceiver("cors: {\(Self.app)}") { receiver, loop in
            let request = try Request.export(
                [1], with: ("Origin", "https://app.example.com"))

            let response = try await receiver.response(to: request, on: loop)

            #expect(response.status == .badRequest)
            #expect(
                response.headers["Access-Control-Allow-Origin"] == "https://app.example.com")
        }
    }
}

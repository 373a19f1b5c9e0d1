import ComponentTesting
import Compression
import HTTP
import OTLP
import Pipeline
import Primitives
import TestSupport
import Testing

@testable import Receivers

/// What each kind of request is answered, over real connections.
struct OTLPRequestTests {
    /// Another status is always in the request's encoding, or in JSON if it names none.
    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let request: Request
        let answer: String
        /// What a pipeline gets.
        var delivers: [String] = []

        init(
            _ name: String, _ request: Request, _ answer: String, delivers: [String] = []
        ) {
            testDescription = name
            self.request = request
            self.answer = answer
            self.delivers = delivers
        }
    }

    @Test("a request is answered as the specification says", arguments: try accepted() + refused())
    func requests(example: Case) async throws {
        try await withReceiver { receiver, loop in
            let answer = try await receiver.send(example.request, on: loop)

            #expect(answer == example.answer)
            #expect(receiver.intake.summary == example.delivers)
        }
    }

    private static let ok = "200\nContent-Type: application/x-protobuf"
    private static let okJSON = "200\nContent-Type: application/json\n{}"
    private static let emptyJSON = #"{"resourceSpans":[]}"#

    private static func accepted() throws -> [Case] {
        let zstd = try Request.export(coding: .zstd)
        return [
            Case("traces", try .export(), ok, delivers: ["traces 2"]),
            Case(
                "metrics", try .export(Payloads.metrics(points: 3), to: "/v1/metrics"), ok,
                delivers: ["metrics 3"]),
            Case(
                "logs", try .export(Payloads.logs(records: 4), to: "/v1/logs"), ok,
                delivers: ["logs 4"]),
            Case("gzip", try .export(coding: .gzip), ok, delivers: ["traces 2"]),
            Case("deflate", try .export(coding: .deflate), ok, delivers: ["traces 2"]),
            Case("zlib, its other name", try .export(coding: .zlib), ok, delivers: ["traces 2"]),
            Case("zstd", zstd, ok, delivers: ["traces 2"]),
            Case(
                "a coding in capitals",
                try .export(compressed(.gzip), with: ("Content-Encoding", "GZIP")), ok,
                delivers: ["traces 2"]),
            Case(
                "identity, named", try .export(with: ("Content-Encoding", "identity")), ok,
                delivers: ["traces 2"]),
            Case("an empty protobuf body, which is an empty request", try .export([]), ok),
            Case("an empty JSON request", try .json(emptyJSON), okJSON),
            Case(
                "a type with parameters and in capitals",
                try .export(
                    Array(emptyJSON.utf8), type: "Application/JSON ; charset=utf-8"), okJSON),
            Case(
                "a query, which says nothing", try .export(to: "/v1/traces?key=1"), ok,
                delivers: ["traces 2"]),
        ]
    }

    private static func compressed(_ coding: ContentCoding) -> [UInt8] {
        let bytes = Payloads.traces(spans: 2)
        return Compressor(coding).compress(bytes.span.bytes).withUnsafeBytes { Array($0) }
    }

    private static func refused() throws -> [Case] {
        try refusedByHead() + refusedByBody()
    }

    private static func refusedByHead() throws -> [Case] {
        let paths = "/v1/traces, /v1/metrics, /v1/logs"
        let json = "Content-Type: application/json"
        let protobuf = "Content-Type: application/x-protobuf"
        let types = "application/x-protobuf or application/json"
        let accept = "Accept: application/x-protobuf, application/json"
        let codings = "identity, gzip, deflate, zlib, zstd"
        return [
            Case(
                "another path", try .export(to: "/v1/traces/"),
                "404\n\(protobuf)\n12: nothing is received at /v1/traces/; send to \(paths)"),
            Case(
                "the path before the method", Request(.get, "/"),
                """
                404\n\(json)
                {"code":12,"message":"nothing is received at /; send to \(paths)"}
                """),
            Case(
                "another method", Request(.get, "/v1/logs"),
                """
                405\n\(json)\nAllow: POST
                {"code":12,"message":"the method is GET, must be POST"}
                """),
            Case(
                "OPTIONS without CORS",
                Request(.options, "/v1/logs", headers: ["Origin": "https://a"]),
                """
                405\n\(json)\nAllow: POST
                {"code":12,"message":"the method is OPTIONS, must be POST"}
                """),
            Case(
                "no type", try .export(type: nil),
                """
                415\n\(json)\n\(accept)
                {"code":3,"message":"Content-Type is missing, must be \(types)"}
                """),
            Case(
                "another type", try .export(type: "application/protobuf"),
                """
                415\n\(json)\n\(accept)
                {"code":3,"message":"Content-Type is 'application/protobuf', must be \(types)"}
                """),
            Case(
                "another coding", try .export(with: ("Content-Encoding", "snappy")),
                """
                415\n\(protobuf)\nAccept-Encoding: \(codings)
                3: Content-Encoding is 'snappy', must be one of \(codings)
                """),
            Case(
                "two codings in two fields",
                try .export(coding: .gzip, with: ("Content-Encoding", "gzip")),
                """
                415\n\(protobuf)\nAccept-Encoding: \(codings)
                3: Content-Encoding is 'gzip, gzip', must be one of \(codings)
                """),
        ]
    }

    private static func refusedByBody() throws -> [Case] {
        let json = "Content-Type: application/json"
        let protobuf = "Content-Type: application/x-protobuf"
        return [
            Case(
                "protobuf that ends early",
                try .export(Array(Payloads.traces(spans: 1).dropLast())),
                "400\n\(protobuf)\n3: the body is not valid OTLP: protobuf at byte 2: "
                    + "a field ends beyond the message around it; send the whole message"),
            Case(
                "an empty JSON body", try .json(""),
                """
                400\n\(json)
                {"code":3,"message":"the body is not valid OTLP: JSON at 1:1: \
                the text ends, expected an object"}
                """),
            Case(
                "gzip that is none", try .export([1, 2, 3], with: ("Content-Encoding", "gzip")),
                "400\n\(protobuf)\n3: the gzip body ends before its compressed data does"),
            Case(
                "zstd that is damaged",
                try .export(compressed(.zstd).reversed(), with: ("Content-Encoding", "zstd")),
                "400\n\(protobuf)\n3: the body is not valid zstd: unknown frame descriptor"
            ),
        ]
    }

    // MARK: Size

    @Test(
        "a body above the limit is 413, as sent and when decompressed",
        arguments: [
            ContentCoding.identity, .gzip, .deflate, .zstd,
        ])
    func limits(coding: ContentCoding) async throws {
        try await withReceiver("max_request_body_size: 1000") { receiver, loop in
            let bomb = Payloads.traces(spans: 1, service: String(repeating: "x", count: 2_000))

            let answer = try await receiver.send(.export(bomb, coding: coding), on: loop)

            let message =
                coding == .identity
                ? "body is larger than 1000 bytes"
                : "the decompressed body is larger than max_request_body_size, 1000 bytes; "
                    + "send smaller batches"
            let close = coding == .identity ? "\nConnection: close" : ""
            #expect(answer == "413\nContent-Type: application/x-protobuf\(close)\n3: \(message)")
            #expect(receiver.intake.batches.isEmpty)
        }
    }

    @Test("a bomb costs no more than the limit", arguments: [ContentCoding.gzip, .zstd])
    func bomb(coding: ContentCoding) async throws {
        try await withReceiver { receiver, loop in
            let zeros = [UInt8](repeating: 0, count: 64 << 20)
            let request = try Request.export(zeros, coding: coding)

            let response = try await receiver.response(to: request, on: loop)

            #expect(request.body.count < 100_000)
            #expect(response.status == .contentTooLarge)
        }
    }

    // MARK: What pipelines say

    @Test func `a refusal for now is 503 with a time in whole seconds, rounded up`() async throws {
        let refusal = Pipeline.Refusal(
            reason: "queue_full", message: "the queue is full",
            retryAfter: .milliseconds(1_200))
        try await withReceiver(refusing: refusal) { receiver, loop in
            let answer = try await receiver.send(.export(), on: loop)

            #expect(
                answer == """
                    503\nContent-Type: application/x-protobuf\nRetry-After: 2
                    14: the queue is full
                    """)
        }
    }

    @Test func `a refusal for good is 500`() async throws {
        let refusal = Pipeline.Refusal(
            reason: "rejected", message: "the backend said no", isRetryable: false)
        try await withReceiver(refusing: refusal) { receiver, loop in
            let request = try Request.json(
                #"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{}]}]}]}"#, to: "/v1/logs")

            let answer = try await receiver.send(request, on: loop)

            #expect(
                answer == """
                    500\nContent-Type: application/json
                    {"code":13,"message":"the backend said no"}
                    """)
        }
    }
}

import Primitives
import Testing

@testable import OTLP

struct RPCStatusTests {
    @Test(
        "a status reads back in both encodings",
        arguments: [(0, ""), (14, "the queue is full"), (3, "1:7: \"x\" é\n"), (-1, "x")]
            as [(Int32, String)])
    func roundTrip(code: Int32, message: String) throws {
        let status = RPCStatus(code: code, message: message)
        for encoding in OTLPEncoding.allCases {
            var buffer = ByteBuffer()
            status.append(to: &buffer, as: encoding)

            #expect(try RPCStatus(decoding: buffer.bytes, as: encoding) == status)
        }
    }

    @Test func `a status in JSON is plain proto3 JSON`() {
        var buffer = ByteBuffer()

        RPCStatus(.unavailable, "full").append(to: &buffer, as: .json)

        #expect(text(buffer) == #"{"code":14,"message":"full"}"#)
    }

    @Test func `details of another server are skipped`() throws {
        let json =
            #"{"code": 8, "details": [{"@type": "x", "retryDelay": "5s"}], "message": "slow"}"#
        let protobuf: [UInt8] = [8, 8, 0x12, 4] + Array("slow".utf8) + [0x1a, 2, 0x0a, 0]

        let expected = RPCStatus(.resourceExhausted, "slow")
        #expect(try RPCStatus(decoding: Array(json.utf8).span.bytes, as: .json) == expected)
        #expect(try RPCStatus(decoding: protobuf.span.bytes, as: .protobuf) == expected)
    }

    @Test func `a long message of another server is cut`() throws {
        var buffer = ByteBuffer()
        RPCStatus(code: 1, message: "x".repeated(10_000)).append(to: &buffer, as: .protobuf)

        let status = try RPCStatus(decoding: buffer.bytes, as: .protobuf)

        #expect(status.message == "x".repeated(RPCStatus.messageSizeLimit))
    }

    @Test func `an answer that is neither encoding is refused`() {
        let html = Array("<html>".utf8)

        #expect(throws: OTLPError.self) { try RPCStatus(decoding: html.span.bytes, as: .json) }
        #expect(throws: OTLPError.self) { try RPCStatus(decoding: html.span.bytes, as: .protobuf) }
    }
}

struct ExportResponseTests {
    @Test func `full success is an empty message`() {
        for signal in Signal.allCases {
            var protobuf = ByteBuffer()
            var json = ByteBuffer()
            ExportResponse.fullSuccess.append(to: &protobuf, for: signal, as: .protobuf)
            ExportResponse.fullSuccess.append(to: &json, for: signal, as: .json)

            #expect(text(protobuf) == "")
            #expect(text(json) == "{}")
        }
    }

    @Test(
        "partial success names what was rejected",
        arguments: [
            (Signal.traces, "rejectedSpans"), (.metrics, "rejectedDataPoints"),
            (.logs, "rejectedLogRecords"),
        ])
    func partialSuccess(signal: Signal, name: String) throws {
        var json = ByteBuffer()
        let response = ExportResponse(rejectedCount: 2, message: "too old")

        response.append(to: &json, for: signal, as: .json)

        #expect(text(json) == #"{"partialSuccess":{"\#(name)":"2","errorMessage":"too old"}}"#)
    }

    @Test func `a response reads back in both encodings`() throws {
        for signal in Signal.allCases {
            for encoding in OTLPEncoding.allCases {
                for response in [
                    ExportResponse(rejectedCount: 7, message: ""), .fullSuccess,
                    ExportResponse(rejectedCount: 0, message: "deprecated"),
                ] {
                    var buffer = ByteBuffer()
                    response.append(to: &buffer, for: signal, as: encoding)

                    #expect(
                        try ExportResponse(decoding: buffer.bytes, to: signal, as: encoding)
                            == response)
                }
            }
        }
    }

    @Test func `what otelcol answers to a full success is one`() throws {
        let protobuf: [UInt8] = [0x0a, 0]
        let json = Array(#"{"partialSuccess":{}}"#.utf8)

        #expect(
            try ExportResponse(decoding: protobuf.span.bytes, to: .logs, as: .protobuf)
                .isFullSuccess)
        #expect(try ExportResponse(decoding: json.span.bytes, to: .logs, as: .json).isFullSuccess)
    }
}

private func text(_ buffer: borrowing ByteBuffer) -> String {
    buffer.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
}

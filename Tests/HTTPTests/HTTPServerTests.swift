import Primitives
import Sockets
import Testing

@testable import HTTP

@Suite(.timeLimit(.minutes(5)))
struct HTTPServerTests {
    private static let get = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n"

    private static func post(_ path: String, _ body: String, _ fields: String = "") -> String {
        "POST \(path) HTTP/1.1\r\nHost: h\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    // MARK: Answers

    @Test func `a connection serves one request after the other`() async throws {
        try await withServer { server, _ in
            let client = try await RawClient(to: server)

            for text in ["one", "two", "three"] {
                try await client.send(Self.post("/p", text))
                #expect(try await client.answer() == "200 keep: POST /p \(text)")
            }

            #expect(server.counts.requests == 3)
            #expect(server.counts.acceptedConnections == 1)
            #expect(server.counts.openConnections == 1)
            #expect(server.counts.bodyBytes == 11)
        }
    }

    @Test func `requests sent together are answered in order`() async throws {
        try await withServer { server, _ in
            let client = try await RawClient(to: server)

            try await client.send(
                Self.post("/1", "a") + Self.get + Self.post("/2", "b") + Self.post("/3", "c"))

            #expect(try await client.answer() == "200 keep: POST /1 a")
            #expect(try await client.answer() == "200 keep: GET /a ")
            #expect(try await client.answer() == "200 keep: POST /2 b")
            #expect(try await client.answer() == "200 keep: POST /3 c")
        }
    }

    @Test func `a request that comes byte by byte is answered`() async throws {
        try await withServer { server, _ in
            let client = try await RawClient(to: server)

            for byte in Self.post("/p", "hello").utf8 { try await client.send([byte]) }

            #expect(try await client.answer() == "200 keep: POST /p hello")
        }
    }

    @Test func `a chunked body arrives without its framing`() async throws {
        try await withServer { server, _ in
            let client = try await RawClient(to: server)

            try await client.send(
                "POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: u\r\n\r\n" + Self.get)

            #expect(try await client.answer() == "200 keep: POST /c abcde")
            #expect(try await client.answer() == "200 keep: GET /a ")
        }
    }

    @Test func `the head says what it must`() async throws {
        try await withServer { server, _ in
            let client = try await RawClient(to: server)

            try await client.send("GET /fixed HTTP/1.1\r\nHost: h\r\n\r\n")
            let response = try await client.response()

            let date = try #require(response.headers[.date])
            let seconds = try #require(HTTPDate.seconds(from: date))
            #expect(abs(seconds - WallClock.secondsSince1970()) <= 10)
            #expect(
                response.headers == [
                    "Date": date, "Content-Type": "text/plain", "Content-Length": "8",
                ])
            #expect(response.text == "constant")
        }
    }

    @Test func `HEAD is answered without a body but with its length`() async throws {
        try await withServer { server, _ in
            let client = try await RawClient(to: server)

            try await client.send("HEAD /fixed HTTP/1.1\r\nHost: h\r\n\r\n" + Self.get)
            let response = try await client.response(isForHead: true)

            #expect(response.headers["Content-Length"] == "8")
            #expect(try await client.answer() == "200 keep: GET /a ")
        }
    }

    @Test func `204 has neither body nor length`() async throws {
        try await withServer { server, _ in
            let client = try await RawClient(to: server)

            try await client.send("GET /empty HTTP/1.1\r\nHost: h\r\n\r\n" + Self.get)
            let response = try await client.response()

            #expect(response.status == .noContent)
            #expect(!response.headers.contains("Content-Length"))
            #expect(try await client.answer() == "200 keep: GET /a ")
        }
    }

    @Test func `HTTP 1_0 is closed unless it asks to be kept`() async throws {
        try await withServer { server, _ in
            let client = try await RawClient(to: server)

            try await client.send("GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            let kept = try await client.response()
            try await client.send("GET /2 HTTP/1.0\r\n\r\n")
            let last = try await client.response()

            #expect(kept.headers[.connection] == "keep-alive")
            #expect(last.headers[.connection] == "close")
            #expect(try await client.isEnded())
        }
    }

    @Test func `either side may ask for the end`() async throws {
        try await withServer { server, _ in
            let asking = try await RawClient(to: server)
            try await asking.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            #expect(try await asking.answer() == "200 close: GET / ")
            #expect(try await asking.isEnded())

            let asked = try await RawClient(to: server)
            try await asked.send("GET /last HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(try await asked.answer() == "200 close: ")
            #expect(try await asked.isEnded())
        }
    }

    @Test func `ten megabytes arrive whole`() async throws {
        try await withServer { server, _ in
            let client = try await RawClient(to: server)
            let bytes = pattern(10_000_000)
            let expected = checksum(ByteBuffer(copying: bytes.span.bytes))

            try await client.send(
                "POST /sum HTTP/1.1\r\nHost: h\r\nContent-Length: \(bytes.count)\r\n\r\n")
            try await client.send(bytes)

            #expect(try await client.answer() == "200 keep: 10000000 \(expected)\n")
        }
    }

    @Test func `large chunks arrive whole`() async throws {
        try await withServer { server, _ in
            let client = try await RawClient(to: server)
            let bytes = pattern(1_000_000)
            let expected = checksum(ByteBuffer(copying: (bytes + bytes).span.bytes))

            try await client.send(
                "POST /sum HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in 0..<2 {
                try await client.send("f4240\r\n")
                try await client.send(bytes)
                try await client.send("\r\n")
            }
            try await client.send("0\r\n\r\n")

            #expect(try await client.answer() == "200 keep: 2000000 \(expected)\n")
        }
    }

    @Test func `a large answer arrives whole`() async throws {
        try await withServer { server, _ in
            let client = try await RawClient(to: server)

            try await client.send("GET /large HTTP/1.1\r\nHost: h\r\n\r\n" + Self.get)
            let response = try await client.response()

            #expect(response.body.count == Echo.largeSize)
            #expect(
                checksum(ByteBuffer(copying: response.body.bytes))
                    == checksum(ByteBuffer(copying: pattern(Echo.largeSize).span.bytes)))
            #expect(try await client.answer() == "200 keep: GET /a ")
        }
    }

    @Test func `a unix-domain socket serves as well`() async throws {
        let path = "/tmp/martlet-http-\(UInt64.random(in: 0 ... .max)).sock"
        try await withServer(at: .unix(path: path)) { server, _ in
            let client = try await RawClient(to: server)

            try await client.send(Self.get)

            #expect(try await client.answer() == "200 keep: GET /a ")
        }
    }

    // MARK: Bodies that are asked for, and those that are not wanted

    @Test func `a client that waits is told to continue`() async throws {
        try await withServer { server, _ in
            let client = try await RawClient(to: server)

            try await client.send(
                "POST /p HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
            #expect(try await client.receive() == "HTTP/1.1 100 Continue\r\n\r\n")
            try await client.send("ab")

            #expect(try await client.answer() == "200 keep: POST /p ab")
        }
    }

    @Test func `a client that waits and is not wanted gets the answer at once`() async throws {
        try await withServer { server, _ in
            let client = try await RawClient(to: server)

            try await client.send(
                "POST /unwanted HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
                    + "Content-Length: 2\r\n\r\n")

            #expect(try await client.answer() == "404 close: not here\n")
            #expect(try await client.isEnded())
        }
    }

    @Test func `a small body that is not wanted leaves the connection alive`() async throws {
        try await withServer { server, _ in
            let client = try await RawClient(to: server)

            try await client.send(Self.post("/unwanted", "body") + Self.get)
            #expect(try await client.answer() == "404 keep: not here\n")
            #expect(try await client.answer() == "200 keep: GET /a ")

            try await client.send(
                "POST /unwanted HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "3\r\nabc\r\n0\r\n\r\n" + Self.get)
            #expect(try await client.answer() == "404 keep: not here\n")
            #expect(try await client.answer() == "200 keep: GET /a ")
        }
    }

    @Test func `a large body that is not wanted ends the connection after the answer`() async throws
    {
        try await withServer { server, _ in
            let client = try await RawClient(to: server)

            try await client.send(Self.post("/unwanted", String(repeating: "x", count: 200_000)))

            #expect(try await client.answer() == "404 close: not here\n")
            #expect(try await client.isEnded())
        }
    }

    @Test func `a body that is declared too large is refused before it comes`() async throws {
        try await withServer { server, _ in
            let client = try await RawClient(to: server)

            try await client.send(
                "POST /small HTTP/1.1\r\nHost: h\r\nContent-Length: 500000\r\n\r\n")
            #expect(try await client.answer() == "413 close: body is larger than 10 bytes\n")
            // What is under way all the same is read, not answered with a reset.
            try await client.send(pattern(500_000))

            #expect(try await client.isEnded())
            #expect(server.counts.refusals == ["body_too_large": 1])
        }
    }

    @Test func `a body that grows too large is refused when it does`() async throws {
        try await withServer { server, _ in
            let client = try await RawClient(to: server)

            try await client.send(
                "POST /small HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "8\r\n01234567\r\n8\r\n01234567\r\n0\r\n\r\n")

            #expect(try await client.answer() == "413 close: body is larger than 10 bytes\n")
            #expect(try await client.isEnded())
        }
    }
}

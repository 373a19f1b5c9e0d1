import Primitives
import Sockets
import Testing

@testable import HTTP

@Suite(.timeLimit(.minutes(5)))
struct HTTPClientTests {
    private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    private static func client(
        to server: ScriptedServer, on loop: EventLoop,
        _ change: (inout HTTPClientOptions) -> Void = { _ in }
    ) throws -> HTTPClient {
        var options = HTTPClientOptions()
        change(&options)
        let url = try URL("http://\(server.endpoint)")
        return try HTTPClient(to: Origin(url), options: options, on: loop)
    }

    private static func post(_ text: String, mayBeRepeated: Bool = false) -> Request {
        Request(
            .post, "/p", headers: ["A": "b"], body: ByteChain(Body(Array(text.utf8))),
            mayBeRepeated: mayBeRepeated)
    }

    /// Sends one POST and says what came of it.
    private static func outcome(
        of client: HTTPClient, _ text: String = "x", mayBeRepeated: Bool = false,
        timeout: Duration = patience
    ) async -> String {
        do {
            let request = post(text, mayBeRepeated: mayBeRepeated)
            let response = try await client.send(request, timeout: timeout)
            return "\(response.status.code) \(response.text)"
        } catch {
            return "\(error)"
        }
    }

    /// What a client makes of one scripted response on a fresh connection.
    private static func outcome(
        of script: [ScriptedServer.Step], timeout: Duration = patience,
        _ change: @escaping @Sendable (inout HTTPClientOptions) -> Void = { _ in }
    ) async throws -> String {
        try await withLoop { loop in
            let server = try ScriptedServer(on: loop, script)
            let client = try client(to: server, on: loop, change)
            let outcome = await outcome(of: client, timeout: timeout)
            #expect(client.connectionCount <= 1)
            client.close()
            await server.close()
            return outcome
        }
    }

    // MARK: One exchange

    @Test func `a request carries what it must and no more`() async throws {
        try await withLoop { loop in
            let listener = try Listener(Endpoint(host: "127.0.0.1", port: 0))
            let received = Gate.Note()
            listener.start(on: loop, handingTo: [loop]) { stream in
                var buffer = ByteBuffer()
                while !buffer.text.hasSuffix("body") {
                    guard let count = try? await stream.read(into: &buffer, room: 65_536), count > 0
                    else { return }
                }
                received.write(buffer.text)
                buffer.removeAll()
                buffer.append(Self.ok)
                try? await stream.write(&buffer)
            }
            let port = try #require(listener.endpoint.port)
            let client = try HTTPClient(to: Origin(URL("http://127.0.0.1:\(port)")), on: loop)

            let response = try await client.send(Self.post("body"), timeout: patience)

            #expect(response.text == "ok")
            #expect(
                received.text
                    == "POST /p HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nA: b\r\n"
                    + "Content-Length: 4\r\n\r\nbody")
            client.close()
            await listener.close()
        }
    }

    @Test(
        "responses of every framing are read",
        arguments: [
            ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "200 ok"),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n",
                "200 ok"
            ),
            ("HTTP/1.1 200 OK\r\n\r\nok", "200 ok"),
            ("HTTP/1.0 503 Later\r\n\r\n", "503 "),
            ("HTTP/1.1 204 No Content\r\n\r\n", "204 "),
            ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 429 Wait\r\nContent-Length: 0\r\n\r\n", "429 "),
            ("HTTP/1.1 302 Found\r\nLocation: http://other/\r\nContent-Length: 0\r\n\r\n", "302 "),
        ])
    func framings(response: String, expected: String) async throws {
        let outcome = try await Self.outcome(of: [.readRequest, .send(response)])

        #expect(outcome == expected)
    }

    @Test(
        "responses that are not whole or not acceptable are told apart",
        arguments: [
            ("", "the server closed the connection before it responded"),
            ("HTTP/1.1 2", "the server closed the connection in the middle of its response"),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
                "the server closed the connection in the middle of its response"
            ),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
                "the server closed the connection in the middle of its response"
            ),
            (
                "220 smtp.example.com ESMTP\r\n",
                "the response is not acceptable: status line is not 'HTTP/1.1 code reason'"
            ),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n",
                "the response is larger than 10 bytes"
            ),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n",
                "the response is larger than 10 bytes"
            ),
            ("HTTP/1.1 200 OK\r\n\r\n0123456789a", "the response is larger than 10 bytes"),
            (
                "HTTP/1.1 200 OK\r\nA: \(String(repeating: "x", count: 20_000))\r\n\r\n",
                "the response is not acceptable: a header line is longer than 16384 bytes"
            ),
        ])
    func failures(response: String, expected: String) async throws {
        let script: [ScriptedServer.Step] = [.readRequest, .send(response)]

        let outcome = try await Self.outcome(of: script) { $0.responseSizeLimit = 10 }

        #expect(outcome == expected)
    }

    @Test func `a server that does not answer runs into the timeout`() async throws {
        let gate = Gate()

        let outcome = try await Self.outcome(
            of: [.readRequest, .send("HTTP/1.1 200 OK\r\n"), .awaitEnd],
            timeout: .seconds(1))
        gate.open()

        #expect(outcome == "the response was not there and the time was up after 1.0 seconds")
    }

    @Test func `a server that does not read runs into the timeout`() async throws {
        try await withLoop { loop in
            let gate = Gate()
            let server = try ScriptedServer(on: loop, [.readHead, .wait(gate)])
            let client = try Self.client(to: server, on: loop)
            let large = String(repeating: "x", count: 20_000_000)

            let outcome = await Self.outcome(of: client, large, timeout: .milliseconds(100))

            #expect(
                outcome == "the request was not sent whole and the time was up after 0.1 seconds")
            gate.open()
            await server.close()
        }
    }

    @Test func `nobody listening is told as such`() async throws {
        try await withLoop { loop in
            let server = try ScriptedServer(on: loop)
            let client = try Self.client(to: server, on: loop)
            await server.close()

            let outcome = await Self.outcome(of: client)

            #expect(
                outcome == "could not connect: \(server.endpoint): connection refused")
        }
    }

    /// The server answers and closes without having read the body: writing fails, and the answer
    /// is there all the same.
    @Test func `an answer that comes before the request is sent whole counts`() async throws {
        try await withLoop { loop in
            let answer = "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            let server = try ScriptedServer(on: loop, [.readHead, .send(answer), .awaitEnd])
            let client = try Self.client(to: server, on: loop)

            let outcome = await Self.outcome(of: client, String(repeating: "x", count: 3_000_000))

            #expect(outcome == "413 ")
            #expect(client.connectionCount == 0)
            await server.close()
        }
    }

    @Test func `a request to a unix-domain socket goes there`() async throws {
        let path = "/tmp/martlet-client-\(UInt64.random(in: 0 ... .max)).sock"
        try await withServer(at: .unix(path: path)) { server, loop in
            let client = try HTTPClient(to: Origin(unixPath: path), on: loop)

            #expect(await Self.outcome(of: client, "hi") == "200 POST /p hi")
            client.close()
        }
    }

    @Test func `a body of many links arrives whole`() async throws {
        try await withServer { server, loop in
            let bytes = pattern(1_000_000)
            let body = Body(bytes)
            var chain = ByteChain()
            for start in stride(from: 0, to: bytes.count, by: 1_000) {
                chain.append(body, start..<start + 1_000)
            }
            let url = try URL("http://\(server.endpoint)/sum")
            let client = try HTTPClient(to: Origin(url), on: loop)

            let request = Request(.post, url.target, body: chain)
            let response = try await client.send(request, timeout: patience)

            let expected = checksum(ByteBuffer(copying: bytes.span.bytes))
            #expect(response.text == "1000000 \(expected)\n")
            client.close()
        }
    }
}

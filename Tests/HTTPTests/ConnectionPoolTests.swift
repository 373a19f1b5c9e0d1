import Primitives
import Sockets
import Testing

@testable import HTTP

/// Which connection a request gets, seen from the server's side.
@Suite(.timeLimit(.minutes(5)))
struct ConnectionPoolTests {
    private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    private static func client(
        to server: ScriptedServer, on loop: EventLoop,
        _ change: (inout HTTPClientOptions) -> Void = { _ in }
    ) throws -> HTTPClient {
        var options = HTTPClientOptions()
        change(&options)
        return try HTTPClient(
            to: Origin(URL("http://\(server.endpoint)")), options: options, on: loop)
    }

    private static func send(
        _ text: String, over client: HTTPClient, mayBeRepeated: Bool = false,
        timeout: Duration = patience
    ) async -> String {
        do throws(HTTPClientError) {
            let request = Request(
                .post, "/", body: ByteChain(Body(Array(text.utf8))), mayBeRepeated: mayBeRepeated)
            return try await client.send(request, timeout: timeout).text
        } catch {
            return "\(error)"
        }
    }

    @Test func `a connection is used again`() async throws {
        try await withLoop { loop in
            let server = try ScriptedServer(
                on: loop,
                [.readRequest, .send(Self.ok), .readRequest, .send(Self.ok), .awaitEnd])
            let client = try Self.client(to: server, on: loop)

            #expect(await Self.send("1", over: client) == "ok")
            #expect(await Self.send("2", over: client) == "ok")

            #expect(server.events == ["1: POST / '1'", "1: POST / '2'"])
            #expect(client.connectionCount == 1)
            client.close()
            #expect(client.connectionCount == 0)
            await server.close()
        }
    }

    @Test func `a connection the server wants to end is not used again`() async throws {
        try await withLoop { loop in
            let last = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
            let server = try ScriptedServer(
                on: loop, [.readRequest, .send(last), .awaitEnd], [.readRequest, .send(Self.ok)])
            let client = try Self.client(to: server, on: loop)

            #expect(await Self.send("1", over: client) == "ok")
            #expect(await Self.send("2", over: client) == "ok")

            #expect(server.connectionCount == 2)
            client.close()
            await server.close()
        }
    }

    @Test func `a connection that died while idle is noticed`() async throws {
        try await withLoop { loop in
            let server = try ScriptedServer(
                on: loop, [.readRequest, .send(Self.ok)], [.readRequest, .send(Self.ok)])
            let client = try Self.client(to: server, on: loop)

            #expect(await Self.send("1", over: client) == "ok")
            // The script is over, so the server closes; a turn of the loop is enough to see it.
            _ = await loop.sleep(for: .milliseconds(5))

            #expect(await Self.send("2", over: client) == "ok")
            client.close()
            await server.close()
        }
    }

    /// The server takes the second request and closes: nobody can know whether it did its work.
    @Test func `only a request that may be repeated is sent again`() async throws {
        for mayBeRepeated in [true, false] {
            try await withLoop { loop in
                let server = try ScriptedServer(
                    on: loop, [.readRequest, .send(Self.ok), .readRequest],
                    [.readRequest, .send(Self.ok)])
                let client = try Self.client(to: server, on: loop)

                #expect(await Self.send("1", over: client) == "ok")
                let second = await Self.send("2", over: client, mayBeRepeated: mayBeRepeated)

                if mayBeRepeated {
                    #expect(second == "ok")
                    #expect(server.events == ["1: POST / '1'", "1: POST / '2'", "2: POST / '2'"])
                } else {
                    #expect(second == "the server closed the connection before it responded")
                    #expect(server.connectionCount == 1)
                }
                client.close()
                await server.close()
            }
        }
    }

    /// A connection that breaks while the request is written is as dead as one that ends after it.
    @Test func `a request that could not be written whole is sent again`() async throws {
        try await withLoop { loop in
            let server = try ScriptedServer(
                on: loop, [.readRequest, .send(Self.ok), .readHead],
                [.readRequest, .send(Self.ok)])
            let client = try Self.client(to: server, on: loop)
            let large = String(repeating: "x", count: 3_000_000)

            #expect(await Self.send("1", over: client) == "ok")
            #expect(await Self.send(large, over: client, mayBeRepeated: true) == "ok")

            #expect(
                server.events == ["1: POST / '1'", "1: POST /", "2: POST / 3000000 bytes"])
            client.close()
            await server.close()
        }
    }

    @Test func `a fresh connection that dies is not tried again`() async throws {
        try await withLoop { loop in
            let server = try ScriptedServer(on: loop, [.readRequest], [.readRequest])
            let client = try Self.client(to: server, on: loop)

            let outcome = await Self.send("1", over: client, mayBeRepeated: true)

            #expect(outcome == "the server closed the connection before it responded")
            #expect(server.connectionCount == 1)
            await server.close()
        }
    }

    /// A response nobody asked for must not be taken for the answer to the next request.
    @Test func `bytes that come while idle spoil the connection`() async throws {
        try await withLoop { loop in
            let extra = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong"
            let gate = Gate()
            let sent = Gate()
            let server = try ScriptedServer(
                on: loop,
                [.readRequest, .send(Self.ok), .wait(gate), .send(extra), .wait(sent), .awaitEnd],
                [.readRequest, .send(Self.ok), .awaitEnd])
            let client = try Self.client(to: server, on: loop)
            #expect(await Self.send("1", over: client) == "ok")

            gate.open()
            await sent.waitForArrival()
            #expect(await Self.send("2", over: client) == "ok")

            sent.open()
            #expect(server.connectionCount == 2)
            client.close()
            await server.close()
        }
    }

    @Test func `bytes that come with the response spoil the connection`() async throws {
        try await withLoop { loop in
            let server = try ScriptedServer(
                on: loop, [.readRequest, .send(Self.ok + Self.ok), .awaitEnd],
                [.readRequest, .send(Self.ok), .awaitEnd])
            let client = try Self.client(to: server, on: loop)

            #expect(await Self.send("1", over: client) == "ok")
            #expect(client.connectionCount == 0)
            #expect(await Self.send("2", over: client) == "ok")

            #expect(server.connectionCount == 2)
            client.close()
            await server.close()
        }
    }

    @Test func `an idle connection is closed when its time is over`() async throws {
        try await withLoop { loop in
            let over = Gate()
            let server = try ScriptedServer(
                on: loop, [.readRequest, .send(Self.ok), .awaitEnd, .wait(over)])
            let client = try Self.client(to: server, on: loop) {
                $0.idleTime = .milliseconds(20)
            }

            #expect(await Self.send("1", over: client) == "ok")
            await over.waitForArrival()

            #expect(server.events == ["1: POST / '1'", "1: ended"])
            #expect(client.connectionCount == 0)
            over.open()
            await server.close()
        }
    }

    @Test func `no more connections are kept than may be idle`() async throws {
        try await withLoop { loop in
            let server = try ScriptedServer(on: loop, [.readRequest, .send(Self.ok), .awaitEnd])
            let client = try Self.client(to: server, on: loop) { $0.idleConnectionLimit = 0 }

            #expect(await Self.send("1", over: client) == "ok")

            #expect(client.connectionCount == 0)
            await server.close()
        }
    }

    @Test func `requests above the connection limit take turns`() async throws {
        try await withLoop { loop in
            let gate = Gate()
            let second = Gate()
            let server = try ScriptedServer(
                on: loop,
                [
                    .readRequest, .wait(gate), .send(Self.ok), .readRequest, .send(Self.ok),
                    .awaitEnd,
                ])
            let client = try Self.client(to: server, on: loop) { $0.connectionLimit = 1 }
            loop.spawn {
                #expect(await Self.send("1", over: client) == "ok")
            }
            await gate.waitForArrival()

            let hasty = await Self.send("hasty", over: client, timeout: .milliseconds(20))
            loop.spawn {
                #expect(await Self.send("2", over: client) == "ok")
                await second.pass()
            }
            gate.open()
            await second.waitForArrival()
            second.open()

            #expect(hasty == "no connection became free and the time was up after 0.02 seconds")
            #expect(server.events == ["1: POST / '1'", "1: POST / '2'"])
            client.close()
            await server.close()
        }
    }

    @Test func `closing resumes who waits and refuses who comes`() async throws {
        try await withLoop { loop in
            let gate = Gate()
            let server = try ScriptedServer(on: loop, [.readRequest, .wait(gate), .send(Self.ok)])
            let client = try Self.client(to: server, on: loop) { $0.connectionLimit = 1 }
            let waiting = Gate.Note()
            let done = Gate()
            loop.spawn {
                #expect(await Self.send("1", over: client) == "ok")
                await done.pass()
            }
            await gate.waitForArrival()
            loop.spawn { waiting.write(await Self.send("2", over: client)) }
            _ = await loop.sleep(for: .milliseconds(5))

            client.close()
            let late = await Self.send("3", over: client)
            gate.open()
            await done.waitForArrival()
            done.open()

            #expect(late == "the client is closed")
            #expect(waiting.text == "the client is closed")
            #expect(client.connectionCount == 0)
            await server.close()
        }
    }
}

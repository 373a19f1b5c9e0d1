import Primitives
import Sockets
import Testing

@testable import HTTP

/// What slow, hostile and too many clients get, and how a server stops.
@Suite(.timeLimit(.minutes(5)))
struct HTTPServerLimitTests {
    private static let get = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n"

    private static func limits(_ change: (inout HTTPLimits) -> Void) -> HTTPLimits {
        var limits = HTTPLimits()
        limits.lingerTime = .milliseconds(200)
        change(&limits)
        return limits
    }

    /// The refusals of the parser's table, from outside.
    @Test func `every malformed request is answered with its status and closed`() async throws {
        let refused = RequestCases.all.filter { $0.expected.prefix(1).allSatisfy(\.isNumber) }
            .filter { !$0.expected.isEmpty && !$0.expected.hasPrefix("413") }
        #expect(refused.count > 150)
        try await withServer(Self.limits { $0.lingerTime = .milliseconds(20) }) { server, _ in
            for example in refused {
                let client = try await RawClient(to: server)
                try await client.send(example.bytes)
                client.stream.closeWriting()

                let response = try await client.response()

                #expect(example.expected.hasPrefix("\(response.status.code) "), "\(example)")
                #expect(response.headers[.connection] == "close", "\(example)")
                #expect(try await client.isEnded(), "\(example)")
            }
            #expect(server.counts.refusals.values.reduce(0, +) == refused.count)
        }
    }

    @Test func `requests before a malformed one are answered first`() async throws {
        try await withServer { server, _ in
            let client = try await RawClient(to: server)

            try await client.send(Self.get + "GET /b HTTP/1.1\r\nHost : h\r\n\r\n")
            client.stream.closeWriting()

            #expect(try await client.answer() == "200 keep: GET /a ")
            #expect(
                try await client.answer()
                    == "400 close: a header's name is not a token directly followed by ':'\n")
            #expect(try await client.isEnded())
            #expect(server.counts.refusals == ["malformed": 1])
        }
    }

    @Test func `a client that drips its headers is told so`() async throws {
        let limits = Self.limits { $0.headerTime = .milliseconds(30) }
        try await withServer(limits) { server, _ in
            let client = try await RawClient(to: server)

            try await client.send("GET / HTTP/1.1\r\nHos")

            #expect(
                try await client.answer()
                    == "408 close: the headers were not complete after 0.03 seconds\n")
            client.stream.closeWriting()
            #expect(try await client.isEnded())
            #expect(server.counts.refusals == ["header_timeout": 1])
        }
    }

    @Test func `a client whose body stands still is told so`() async throws {
        let limits = Self.limits { $0.bodyGraceTime = .milliseconds(30) }
        try await withServer(limits) { server, _ in
            let client = try await RawClient(to: server)

            try await client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab")

            #expect(try await client.answer() == "408 close: the body came too slowly\n")
            #expect(server.counts.refusals == ["body_too_slow": 1])
        }
    }

    @Test func `a body that keeps to the rate earns time beyond the grace`() {
        let began = Instant(nanoseconds: 5)
        var limits = HTTPLimits()
        limits.bodyGraceTime = .seconds(10)
        limits.bodyRate = 1_000

        #expect(limits.bodyDeadline(began: began, received: 0) == began + .seconds(10))
        #expect(limits.bodyDeadline(began: began, received: 999) == began + .seconds(10))
        #expect(limits.bodyDeadline(began: began, received: 7_500) == began + .seconds(17))
    }

    @Test func `an idle connection is closed without a word`() async throws {
        let limits = Self.limits { $0.idleTime = .milliseconds(30) }
        try await withServer(limits) { server, _ in
            let fresh = try await RawClient(to: server)
            let used = try await RawClient(to: server)
            try await used.send(Self.get)
            #expect(try await used.answer() == "200 keep: GET /a ")

            #expect(try await fresh.receiveAll() == "")
            #expect(try await used.receiveAll() == "")
            #expect(server.counts.refusals == [:])
        }
    }

    @Test func `a connection above the limit is told so and closed`() async throws {
        try await withServer(Self.limits { $0.connections = 2 }) { server, _ in
            let first = try await RawClient(to: server)
            let second = try await RawClient(to: server)
            try await first.send(Self.get)
            try await second.send(Self.get)
            #expect(try await first.answer() == "200 keep: GET /a ")
            #expect(try await second.answer() == "200 keep: GET /a ")

            let third = try await RawClient(to: server)
            #expect(
                try await third.answer()
                    == "503 close: 2 connections are open, which is the limit\n")
            third.stream.closeWriting()
            #expect(try await third.isEnded())

            #expect(server.counts.refusals == ["too_many_connections": 1])
            try await first.send(Self.get)
            #expect(try await first.answer() == "200 keep: GET /a ")
        }
    }

    @Test func `a client that leaves within its request is counted`() async throws {
        try await withServer { server, loop in
            let client = try await RawClient(to: server)

            try await client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab")
            client.stream.closeWriting()

            #expect(try await client.isEnded())
            #expect(server.counts.refusals == ["incomplete": 1])
        }
    }

    @Test func `a client that does not read its answer is given up`() async throws {
        let limits = Self.limits { $0.writeTime = .milliseconds(50) }
        try await withServer(limits) { server, loop in
            let client = try await RawClient(to: server)
            let request = "GET /large HTTP/1.1\r\nHost: h\r\n\r\n"

            try await client.send(String(repeating: request, count: 8))
            let deadline = Instant.now() + patience
            while server.counts.refusals.isEmpty, Instant.now() < deadline {
                _ = await loop.sleep(for: .milliseconds(5))
            }

            #expect(server.counts.refusals == ["answer_not_read": 1])
        }
    }

    // MARK: Stopping

    @Test func `stopping finishes what is in progress and closes what is idle`() async throws {
        let echo = Echo()
        try await withServer(handler: echo) { server, loop in
            let busy = try await RawClient(to: server)
            try await busy.send("GET /held HTTP/1.1\r\nHost: h\r\n\r\n")
            await echo.gate.waitForArrival()
            // One on each loop: when they are closed, each loop knows that the server stops.
            let idle = [try await RawClient(to: server), try await RawClient(to: server)]
            for client in idle {
                try await client.send(Self.get)
                _ = try await client.answer()
            }

            let stopped = Gate()
            loop.spawn {
                await server.stop(by: .now() + patience)
                stopped.open()
            }
            for client in idle { #expect(try await client.receiveAll() == "") }
            echo.gate.open()

            #expect(try await busy.answer() == "200 close: GET /held ")
            busy.stream.close()
            await stopped.pass()
            #expect(server.counts.openConnections == 0)
            await #expect(throws: SocketError.self) { _ = try await RawClient(to: server) }
        }
    }

    /// One on each loop: the second must not be waited for when the first has used up the time.
    @Test func `requests that do not finish hold a stop no longer than its deadline`() async throws
    {
        let echo = Echo()
        try await withServer(handler: echo) { server, loop in
            let clients = [try await RawClient(to: server), try await RawClient(to: server)]
            for client in clients {
                try await client.send("GET /held HTTP/1.1\r\nHost: h\r\n\r\n")
            }
            await echo.gate.waitForArrival(of: 2)

            await server.stop(by: .now() + .milliseconds(30))

            for client in clients { #expect(try await client.receiveAll() == "") }
            echo.gate.open()
        }
    }
}

import Glibc
import Primitives
import Synchronization
import Testing

@testable import Sockets

@Suite(.timeLimit(.minutes(5)))
struct ListenerTests {
    @Test(arguments: ["127.0.0.1:0", "[::1]:0", "localhost:0"])
    func `a connection is served and closed when the serving function returns`(
        text: String
    ) async throws {
        try await withLoop { loop in
            let listener = try Listener(Endpoint(text))
            #expect(listener.endpoint.port != 0)
            listener.start(on: loop, handingTo: [loop], Self.answer)

            let client = try await Stream.connect(to: listener.endpoint, deadline: .distantFuture)
            try await client.write("hello")

            #expect(try await client.readAll() == "you said hello")
            client.close()
            await listener.close()
        }
    }

    @Test func `an endpoint without a host takes both families`() async throws {
        try await withLoop { loop in
            let listener = try Listener(Endpoint(":0"))
            let port = try #require(listener.endpoint.port)
            let peers = Mutex<[String]>([])
            listener.start(on: loop, handingTo: [loop]) { stream in
                peers.withLock { $0.append(stream.peer.host) }
            }

            for host in ["127.0.0.1", "::1"] {
                let endpoint = Endpoint(host: host, port: port)
                let client = try await Stream.connect(to: endpoint, deadline: .distantFuture)
                #expect(try await client.readAll() == "")
                client.close()
            }

            #expect(peers.withLock { $0 } == ["127.0.0.1", "::1"])
            await listener.close()
        }
    }

    @Test func `an address in use is named`() throws {
        let listener = try Listener(Endpoint("127.0.0.1:0"))

        #expect {
            try Listener(listener.endpoint)
        } throws: { error in
            "\(error)"
                == "cannot listen on \(listener.endpoint): address already in use; "
                + "stop what uses it or choose another endpoint"
        }
    }

    @Test func `a closed listener gives its address back at once`() async throws {
        try await withLoop { loop in
            let first = try Listener(Endpoint("127.0.0.1:0"))
            first.start(on: loop, handingTo: [loop], Self.answer)

            await first.close()

            let second = try Listener(first.endpoint)
            #expect(second.endpoint == first.endpoint)
            await second.close()
            await second.close()
        }
    }

    @Test func `a thousand connections are all served, in turn by each loop`() async throws {
        let count = 1_000
        let others = try (0..<2).map { try EventLoop(name: "serving-\($0)") }
        others.forEach { $0.start() }
        let listener = try Listener(Endpoint("127.0.0.1:0"))
        let perLoop = Mutex<[String: Int]>([:])
        try await withLoop { loop in
            listener.start(on: loop, handingTo: others) { stream in
                perLoop.withLock { $0[stream.loop.name, default: 0] += 1 }
                await Self.answer(stream)
            }

            var clients: [Stream] = []
            for _ in 0..<count {
                clients.append(
                    try await Stream.connect(to: listener.endpoint, deadline: .distantFuture))
            }
            for client in clients { try await client.write("x") }
            for client in clients {
                #expect(try await client.readAll() == "you said x")
                client.close()
            }
            await listener.close()
        }
        others.forEach { $0.stop() }

        #expect(perLoop.withLock { $0 } == ["serving-0": count / 2, "serving-1": count / 2])
        #expect(listener.counts.active.load(ordering: .relaxed) == 0)
    }

    @Test func `a connection above the limit is closed and counted`() async throws {
        try await withLoop { loop in
            var options = ListenerOptions()
            options.connectionLimit = 1
            let listener = try Listener(Endpoint("127.0.0.1:0"), options: options)
            listener.start(on: loop, handingTo: [loop], Self.answer)
            let first = try await Stream.connect(to: listener.endpoint, deadline: .distantFuture)

            let second = try await Stream.connect(to: listener.endpoint, deadline: .distantFuture)

            #expect(try await second.readAll() == "")
            #expect(listener.counts.refused.load(ordering: .relaxed) == 1)
            try await first.write("hello")
            #expect(try await first.readAll() == "you said hello")
            first.close()
            second.close()
            await listener.close()
        }
    }

    // In a process of its own, because the limit of descriptors holds for a whole process. Goal:
    // accepting pauses instead of spinning, and goes on when there are descriptors again.
    @Test func `running out of descriptors pauses accepting`() async {
        await #expect(processExitsWith: .success) {
            try await withLoop { loop in
                let listener = try Listener(Endpoint("127.0.0.1:0"))
                listener.start(on: loop, handingTo: [loop], ListenerTests.answer)
                let client = try await ListenerTests.connectUsingTheLastDescriptor(listener)
                await eventually("accepting paused", on: loop) {
                    listener.counts.pauses.load(ordering: .relaxed) > 0
                }
                // 100 ms apart: a few in the time, not the thousands of a spinning loop.
                _ = await loop.sleep(for: .milliseconds(250))
                #expect(listener.counts.pauses.load(ordering: .relaxed) <= 5)

                try ListenerTests.limitDescriptors(to: 256)

                try await client.write("hello")
                #expect(try await client.readAll() == "you said hello")
                client.close()
                await listener.close()
            }
        }
    }

    fileprivate static func connectUsingTheLastDescriptor(
        _ listener: Listener
    ) async throws -> Stream {
        let next = try SystemCall.run("dup") { dup(0) }
        SystemCall.close(next)
        try limitDescriptors(to: UInt(next) + 1)
        return try await Stream.connect(to: listener.endpoint, deadline: .distantFuture)
    }

    fileprivate static func limitDescriptors(to count: UInt) throws {
        var limit = rlimit(rlim_cur: count, rlim_max: 20_000)
        try #require(getrlimit(__rlimit_resource_t(7), &limit) == 0)
        limit.rlim_cur = count
        try #require(setrlimit(__rlimit_resource_t(7), &limit) == 0)
    }

    @Sendable
    static func answer(_ stream: Stream) async {
        guard let text = try? await stream.readOnce(), !text.isEmpty else { return }
        try? await stream.write("you said " + text)
    }
}

/// Unix-domain sockets.
@Suite(.timeLimit(.minutes(5)))
struct UnixListenerTests {
    @Test func `a unix socket serves, has its permissions, and is gone when closed`() async throws {
        let path = Self.path()
        try await withLoop { loop in
            let listener = try Listener(.unix(path: path))
            listener.start(on: loop, handingTo: [loop], ListenerTests.answer)

            let client = try await Stream.connect(to: .unix(path: path), deadline: .distantFuture)
            try await client.write("hello")

            #expect(try await client.readAll() == "you said hello")
            #expect(Self.mode(of: path) == S_IFSOCK | 0o660)
            client.close()
            await listener.close()
            #expect(Self.mode(of: path) == nil)
        }
    }

    @Test func `a socket file left by a dead process is replaced`() async throws {
        let path = Self.path()
        let address = SocketAddress.unix(path: path)
        let dead = try BoundSocket.open(AF_UNIX)
        try #require(address.withKernelForm { bind(dead, $0, $1) } == 0)
        SystemCall.close(dead)

        let listener = try Listener(.unix(path: path))

        #expect(Self.mode(of: path) == S_IFSOCK | 0o660)
        await listener.close()
    }

    @Test func `a socket file somebody listens on is left alone`() async throws {
        let path = Self.path()
        let first = try Listener(.unix(path: path))

        #expect(throws: SocketError.cannotListen(on: "unix:\(path)", errno: EADDRINUSE)) {
            try Listener(.unix(path: path))
        }

        #expect(Self.mode(of: path) != nil)
        await first.close()
    }

    @Test func `a file that is no socket is left alone`() throws {
        let path = Self.path()
        SystemCall.close(try SystemCall.run("open") { open(path, O_CREAT | O_WRONLY, 0o600) })
        defer { unlink(path) }

        #expect(throws: SocketError.cannotListen(on: "unix:\(path)", errno: EADDRINUSE)) {
            try Listener(.unix(path: path))
        }

        #expect(Self.mode(of: path) == S_IFREG | 0o600)
    }

    @Test func `closing leaves a file that is not ours any more`() async throws {
        let path = Self.path()
        let first = try Listener(.unix(path: path))
        unlink(path)
        let second = try Listener(.unix(path: path))

        await first.close()

        #expect(Self.mode(of: path) != nil)
        await second.close()
    }

    private static func path() -> String {
        "/tmp/martlet-test-\(getpid())-\(UInt32.random(in: 0 ... .max)).sock"
    }

    private static func mode(of path: String) -> mode_t? {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_mode : nil
    }
}

import Glibc
import Primitives
import Testing

@testable import Sockets

@Suite(.timeLimit(.minutes(5)))
struct ConnectingTests {
    @Test func `a refused connection names the address`() async throws {
        try await withLoop { loop in
            let endpoint = try await Self.deadEndpoint()

            await #expect(
                throws: SocketError.cannotConnect(to: "\(endpoint)", errno: ECONNREFUSED)
            ) {
                try await Stream.connect(to: endpoint, deadline: .distantFuture)
            }
            #expect(loop.sourceCount == 0)
        }
    }

    @Test func `the next address is tried when one refuses`() async throws {
        try await withLoop { loop in
            let listener = try Listener(Endpoint("127.0.0.1:0"))
            listener.start(on: loop, handingTo: [loop]) { try? await $0.write("here") }
            // Nobody listens on 127.0.0.2, where the same port is free.
            let resolver = Resolver { _ in
                .success([.v4(0x7f00_0002, port: 0), .v4(0x7f00_0001, port: 0)])
            }
            let endpoint = Endpoint(host: "two.addresses", port: listener.endpoint.port ?? 0)

            let client = try await Stream.connect(
                to: endpoint, deadline: .distantFuture, resolver: resolver)

            #expect(try await client.readAll() == "here")
            client.close()
            await listener.close()
        }
    }

    // A listener that never accepts, with a full backlog: the handshake gets no answer.
    @Test func `a connection that gets no answer ends at the deadline`() async throws {
        try await withLoop { loop in
            var options = ListenerOptions()
            options.backlog = 0
            let silent = try Listener(Endpoint("127.0.0.1:0"), options: options)
            var clients: [Stream] = []
            var failure: SocketError?

            // The backlog holds one or two more than it was asked to.
            while failure == nil && clients.count < 10 {
                do throws(SocketError) {
                    let deadline = loop.now + .milliseconds(30)
                    clients.append(
                        try await Stream.connect(to: silent.endpoint, deadline: deadline))
                } catch {
                    failure = error
                }
            }

            #expect(failure == .cannotConnect(to: "\(silent.endpoint)", errno: ETIMEDOUT))
            clients.forEach { $0.close() }
            await silent.close()
        }
    }

    @Test func `a connection to a missing unix socket says so`() async throws {
        try await withLoop { _ in
            await #expect(
                throws: SocketError.cannotConnect(to: "unix:/tmp/no-such.sock", errno: ENOENT)
            ) {
                try await Stream.connect(
                    to: .unix(path: "/tmp/no-such.sock"), deadline: .distantFuture)
            }
        }
    }

    private static func deadEndpoint() async throws -> Endpoint {
        let listener = try Listener(Endpoint("127.0.0.1:0"))
        await listener.close()
        return listener.endpoint
    }
}

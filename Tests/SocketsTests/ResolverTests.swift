import Glibc
import Primitives
import Synchronization
import Testing

@testable import Sockets

@Suite(.timeLimit(.minutes(5)))
struct ResolverTests {
    @Test func `localhost is the loopback interface, and nobody is asked`() async throws {
        try await withLoop { loop in
            let resolver = Resolver { _ in .failure(.timedOut) }

            let addresses = try await resolver.addresses(
                of: Endpoint("localhost:80"), deadline: .distantFuture, on: loop)

            #expect(addresses.map(\.description) == ["127.0.0.1:80", "[::1]:80"])
        }
    }

    @Test func `a name that does not exist is named in the error`() async throws {
        try await withLoop { loop in
            // RFC 6761 §6.4: .invalid never exists. Without a name server the reason differs.
            let error = await #expect(throws: SocketError.self) {
                try await Resolver().addresses(
                    of: Endpoint("nobody.invalid:80"), deadline: loop.now + .seconds(30), on: loop)
            }

            guard case .nameNotResolved("nobody.invalid", _) = error else {
                Issue.record("unexpected: \(String(describing: error))")
                return
            }
        }
    }

    @Test func `a lookup that takes too long ends at the deadline`() async throws {
        let gate = Gate()
        try await withLoop { loop in
            let resolver = Resolver { _ in
                gate.wait()
                return .failure(.timedOut)
            }

            await #expect(throws: SocketError.timedOut) {
                try await resolver.addresses(
                    of: Endpoint("slow:80"), deadline: loop.now + .milliseconds(5), on: loop)
            }
            gate.open()
        }
    }

    @Test func `equal questions are asked once, and the answer is kept`() async throws {
        let gate = Gate()
        let lookups = Atomic<Int>(0)
        try await withLoop { loop in
            let resolver = Resolver { _ in
                lookups.add(1, ordering: .relaxed)
                gate.wait()
                return .success([.v4(1, port: 0)])
            }

            await withTaskGroup { group in
                for _ in 0..<10 {
                    group.addTask { @Sendable in
                        let addresses = try? await resolver.addresses(
                            of: .tcp(host: "twin", port: 9), deadline: .distantFuture, on: loop)
                        #expect(addresses == [.v4(1, port: 9)])
                    }
                }
                gate.open()
            }
            _ = try await resolver.addresses(
                of: .tcp(host: "twin", port: 9), deadline: .distantFuture, on: loop)
        }

        #expect(lookups.load(ordering: .relaxed) == 1)
    }

    @Test func `more names than the limit are refused`() async throws {
        let gate = Gate()
        try await withLoop { loop in
            let resolver = Resolver { _ in
                gate.wait()
                return .success([.v4(1, port: 0)])
            }
            for number in 0..<Resolver.questionLimit {
                loop.spawn {
                    _ = try? await resolver.addresses(
                        of: .tcp(host: "name-\(number)", port: 9), deadline: .distantFuture,
                        on: loop)
                }
            }
            await loop.yieldTurn()

            await #expect(throws: SocketError.resolverBusy(limit: Resolver.questionLimit)) {
                try await resolver.addresses(
                    of: .tcp(host: "one-more", port: 9), deadline: .distantFuture, on: loop)
            }
            gate.open()
        }
    }

    /// Holds threads until it is opened.
    private final class Gate: Sendable {
        private let ends: (outlet: Int32, inlet: Int32)

        init() {
            var fds: [Int32] = [-1, -1]
            #expect(pipe(&fds) == 0)
            ends = (fds[0], fds[1])
        }

        deinit { SystemCall.close(ends.outlet) }

        func wait() {
            var byte: UInt8 = 0
            _ = read(ends.outlet, &byte, 1)
        }

        func open() { SystemCall.close(ends.inlet) }
    }
}

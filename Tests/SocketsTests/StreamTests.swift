import Glibc
import Primitives
import Testing

@testable import Sockets

struct StreamTests {
    @Test func `what one side writes the other reads`() async throws {
        try await withLoop { loop in
            let (left, right) = try connectedPair(on: loop)

            try await left.write("hello")
            left.closeWriting()

            #expect(try await right.readAll() == "hello")
            left.close()
            right.close()
        }
    }

    @Test func `a read waits until bytes arrive`() async throws {
        try await withLoop { loop in
            let (left, right) = try connectedPair(on: loop)
            defer { left.close(); right.close() }

            loop.spawn { try? await left.write("late") }

            #expect(try await right.readOnce() == "late")
        }
    }

    @Test func `a deadline ends a read that waits`() async throws {
        try await withLoop { loop in
            let (left, right) = try connectedPair(on: loop)
            defer { left.close(); right.close() }
            right.deadline = loop.now + .milliseconds(5)

            await #expect(throws: SocketError.timedOut) { try await right.readOnce() }
        }
    }

    @Test func `closing resumes a read that waits`() async throws {
        try await withLoop { loop in
            let (left, right) = try connectedPair(on: loop)
            defer { left.close() }

            loop.spawn { right.close() }

            await #expect(throws: SocketError.closed) { try await right.readOnce() }
        }
    }
}

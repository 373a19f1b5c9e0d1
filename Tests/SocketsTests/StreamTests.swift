import Glibc
import Primitives
import Synchronization
import TestSupport
import Testing

@testable import Sockets

@Suite(.timeLimit(.minutes(5)))
struct StreamTests {
    @Test func `what one side writes the other reads, until the end`() async throws {
        try await withPair { left, right in
            try await left.write("hello")
            left.closeWriting()

            #expect(try await right.readAll() == "hello")

            try await right.write("still open this way")
            #expect(try await left.readOnce() == "still open this way")
        }
    }

    @Test func `a read waits until bytes arrive`() async throws {
        try await withPair { left, right in
            left.loop.spawn { try? await left.write("late") }

            let text = try await right.readOnce()
            #expect(text == "late")
        }
    }

    @Test func `a read takes no more than it has room for, and the rest stays`() async throws {
        try await withPair { left, right in
            try await left.write("abcdef")
            var buffer = ByteBuffer()

            #expect(try await right.read(into: &buffer, room: 4) == 4)
            #expect(buffer.text == "abcd")
            #expect(try await right.readOnce() == "ef")
        }
    }

    // Goal: short writes anywhere. Method: buffers of the least size the kernel allows, links of
    // odd sizes, more of them than go into one call.
    @Test func `a long chain passes whole through a socket with tiny buffers`() async throws {
        let bytes = pattern(300_000)
        var chain = ByteChain()
        var offset = 0
        let body = Body(bytes)
        while offset < bytes.count {
            let size = min(1 + chain.links.count * 37 % 4_001, bytes.count - offset)
            chain.append(body, offset..<offset + size)
            offset += size
        }
        try #require(chain.links.count > 2 * ChainCursor.vectorLimit)

        try await withPair { [chain] left, right in
            try shrinkBuffers(left, right)
            left.loop.spawn {
                var head = ByteBuffer()
                head.append("head ")
                try? await left.write(&head, chain)
                let rest = head.count
                #expect(rest == 0)
                left.closeWriting()
            }

            var received = ByteBuffer()
            while try await right.read(into: &received, room: 1_000) > 0 {}

            #expect(received.withUnsafeBytes { Array($0) } == Array("head ".utf8) + bytes)
        }
    }

    @Test func `a buffer passes whole through a socket with tiny buffers`() async throws {
        let bytes = pattern(200_000)
        try await withPair { left, right in
            try shrinkBuffers(left, right)
            left.loop.spawn {
                var buffer = ByteBuffer(copying: bytes.span.bytes)
                try? await left.write(&buffer)
                left.closeWriting()
            }

            var received = ByteBuffer()
            while try await right.read(into: &received, room: 777) > 0 {}

            #expect(received.withUnsafeBytes { Array($0) } == bytes)
        }
    }

    @Test func `the end that comes with the last bytes is not missed`() async throws {
        try await withPair { left, right in
            let loop = left.loop
            loop.spawn {
                _ = await loop.sleep(for: .milliseconds(1))
                try? await left.write("last")
                left.close()
            }

            let text = try await right.readAll()
            #expect(text == "last")
        }
    }

    @Test func `a write to a peer that is gone fails and kills nobody`() async throws {
        try await withPair { left, right in
            right.close()

            await #expect(throws: SocketError.system(call: "sendmsg", errno: EPIPE)) {
                try await left.write(ByteChain(Body(pattern(10))))
            }
        }
    }
}

// MARK: - Deadlines

extension StreamTests {
    @Test func `a deadline ends a read that waits`() async throws {
        try await withPair { left, right in
            let start = Instant.now()
            right.deadline = start + .milliseconds(5)

            await #expect(throws: SocketError.timedOut) { try await right.readOnce() }
            #expect(Instant.now() - start >= .milliseconds(5))
        }
    }

    @Test func `a deadline ends a write that waits`() async throws {
        try await withPair { left, right in
            left.deadline = left.loop.now + .milliseconds(5)

            await #expect(throws: SocketError.timedOut) {
                try await left.write(ByteChain(Body(pattern(10_000_000))))
            }
        }
    }

    @Test func `a read that begins after the deadline throws though bytes are there`() async throws
    {
        try await withPair { left, right in
            try await left.write("too late")
            right.deadline = right.loop.now

            await #expect(throws: SocketError.timedOut) { try await right.readOnce() }
        }
    }

    @Test func `a deadline that moves on while waiting holds from then on`() async throws {
        try await withPair { left, right in
            let loop = left.loop
            let start = loop.now
            right.deadline = start + .milliseconds(3)
            loop.spawn { right.deadline = start + .milliseconds(20) }

            await #expect(throws: SocketError.timedOut) { try await right.readOnce() }
            #expect(Instant.now() - start >= .milliseconds(20))
        }
    }

    @Test func `a deadline that comes nearer while waiting holds from then on`() async throws {
        try await withPair { left, right in
            let loop = left.loop
            right.deadline = .distantFuture
            loop.spawn { right.deadline = loop.now + .milliseconds(2) }

            await #expect(throws: SocketError.timedOut) { try await right.readOnce() }
        }
    }

    // Goal: bytes and deadline at the same moment resume the reader once, and no byte is lost.
    // Method: many rounds in which both come about then; what timed out is read afterwards.
    @Test func `bytes that race with a deadline are neither lost nor read twice`() async throws {
        try await withPair { left, right in
            let loop = left.loop
            var received = ""
            let rounds = 300
            loop.spawn {
                for _ in 0..<rounds {
                    _ = await loop.sleep(for: .microseconds(1_000))
                    try? await left.write("x")
                }
                left.closeWriting()
            }

            var timeouts = 0
            reading: while true {
                right.deadline = loop.now + .microseconds(Int.random(in: 500...1_500))
                do throws(SocketError) {
                    let text = try await right.readOnce()
                    if text.isEmpty { break reading }
                    received += text
                } catch {
                    #expect(error == .timedOut)
                    timeouts += 1
                }
            }

            #expect(received == String(repeating: "x", count: rounds))
            #expect(timeouts > 0)
        }
    }
}

// MARK: - Closing

extension StreamTests {
    @Test func `closing resumes a read and a write that wait`() async throws {
        try await withPair { left, right in
            let loop = left.loop
            let ended = Atomic<Int>(0)
            loop.spawn {
                await #expect(throws: SocketError.closed) { try await left.readOnce() }
                ended.add(1, ordering: .relaxed)
            }
            loop.spawn {
                await #expect(throws: SocketError.closed) {
                    try await left.write(ByteChain(Body(pattern(1_000_000))))
                }
                ended.add(1, ordering: .relaxed)
            }
            _ = await loop.sleep(for: .milliseconds(2))

            left.close()
            left.close()

            await eventually("both tasks ended", on: loop) { ended.load(ordering: .relaxed) == 2 }
        }
    }

    @Test func `a closed stream refuses to read and write`() async throws {
        try await withPair { left, right in
            left.close()

            await #expect(throws: SocketError.closed) { try await left.readOnce() }
            await #expect(throws: SocketError.closed) { try await left.write("x") }
        }
    }

    // A task is cancelled while it waits: it goes on waiting, and gets what arrives.
    @Test func `cancelling the task of a waiting read loses nothing`() async throws {
        try await withPair { left, right in
            let loop = left.loop
            let reader = Task(executorPreference: loop) { try await right.readOnce() }
            _ = await loop.sleep(for: .milliseconds(1))
            reader.cancel()
            _ = await loop.sleep(for: .milliseconds(1))

            try await left.write("after all")

            #expect(try await reader.value == "after all")
        }
    }

    // Goal: events of a closed descriptor do not reach the next one of that number. Method: close
    // streams that have become ready, open others at once, and see that those hear nothing.
    @Test func `a descriptor used again does not see the events of the old one`() async throws {
        try await withLoop { loop in
            var reuses = 0
            for _ in 0..<200 {
                let (left, right) = try connectedPair(on: loop)
                let old = Set([left.fd, right.fd])
                try await left.write("stale")
                right.close()
                left.close()

                let (newLeft, newRight) = try connectedPair(on: loop)
                if old.contains(newRight.fd) { reuses += 1 }
                newRight.deadline = loop.now + .microseconds(200)
                await #expect(throws: SocketError.timedOut) { try await newRight.readOnce() }
                newRight.close()
                newLeft.close()
            }
            // Other tests open descriptors meanwhile.
            #expect(reuses > 0)
        }
    }

    @Test func `a peer that always has bytes ready does not own the loop`() async throws {
        try await withPair { left, right in
            let loop = left.loop
            let isDone = Atomic<Bool>(false)
            // Writer and reader feed each other and never find the kernel empty for long.
            loop.spawn {
                while !isDone.load(ordering: .relaxed) { try? await left.write("flood") }
                left.closeWriting()
            }
            loop.spawn { while (try? await right.readOnce())?.isEmpty == false {} }

            #expect(await loop.sleep(for: .milliseconds(5)))

            isDone.store(true, ordering: .relaxed)
            await eventually("the writer ended", on: loop) { right.hasEnded }
        }
    }

    private func withPair(
        _ body: @escaping @Sendable (Stream, Stream) async throws -> Void
    ) async throws {
        try await withLoop { loop in
            let (left, right) = try connectedPair(on: loop)
            defer {
                left.close()
                right.close()
            }
            try await body(left, right)
        }
    }
}

import Glibc
import Primitives
import Synchronization
import Testing

@testable import Sockets

@Suite(.timeLimit(.minutes(5)))
struct EventLoopTests {
    @Test func `a task stays on its loop across every kind of waiting`() async throws {
        try await withLoop { loop in
            #expect(loop.isCurrent && EventLoop.current === loop)

            #expect(await loop.sleep(for: .milliseconds(1)))
            #expect(loop.isCurrent)
            await loop.yieldTurn()
            #expect(loop.isCurrent)
            await Task.yield()
            #expect(loop.isCurrent)
        }
    }

    @Test func `a loop's thread has its name`() async throws {
        let name = try await withLoop { _ in
            let fd = try SystemCall.run("open") { open("/proc/thread-self/comm", O_RDONLY) }
            defer { SystemCall.close(fd) }
            var text = ByteBuffer()
            _ = text.appendUninitialized(room: 64) { read(fd, $0.baseAddress, 64) }
            return text.text
        }

        #expect(name == "test\n")
    }

    @Test func `sleepers wake in the order of their deadlines`() async throws {
        try await withLoop { loop in
            let order = Mutex<[Int]>([])
            let start = loop.now

            await withTaskGroup { group in
                for milliseconds in [9, 3, 6, 1] {
                    group.addTask { @Sendable in
                        #expect(await loop.sleep(until: start + .milliseconds(milliseconds)))
                        order.withLock { $0.append(milliseconds) }
                    }
                }
            }

            #expect(order.withLock { $0 } == [1, 3, 6, 9])
            #expect(Instant.now() - start >= .milliseconds(9))
        }
    }

    @Test func `a sleep ends early when its task is cancelled`() async throws {
        try await withLoop { loop in
            let sleeper = Task { await loop.sleep(until: .distantFuture) }
            let early = Task { await loop.sleep(until: .distantFuture) }
            early.cancel()
            _ = await loop.sleep(for: .milliseconds(1))

            sleeper.cancel()

            #expect(await sleeper.value == false)
            #expect(await early.value == false)
        }
    }

    @Test func `a cancelled timer does not fire and leaves nothing behind`() async throws {
        try await withLoop { loop in
            var fired: [String] = []
            let kept = LoopTimer { fired.append("kept") }
            let cancelled = LoopTimer { fired.append("cancelled") }
            loop.schedule(kept, at: loop.now + .milliseconds(2))
            loop.schedule(cancelled, at: loop.now + .milliseconds(1))

            loop.cancel(cancelled)
            _ = await loop.sleep(for: .milliseconds(4))

            #expect(fired == ["kept"])
        }
    }

    @Test func `a ring before the wait ends it at once, and only that one`() async throws {
        try await withLoop { loop in
            let alarm = Alarm(on: loop)
            alarm.ring()
            alarm.ring()

            #expect(await alarm.wait(until: .distantFuture) == false)
            #expect(await alarm.wait(until: loop.now + .milliseconds(1)) == true)
        }
    }

    // Goal: no ring is lost. Method: a producer on another thread counts and rings, a consumer
    // waits without a deadline until it has seen the last number.
    @Test func `an alarm rung from another thread is never missed`() async throws {
        let count = 20_000
        try await withLoop { loop in
            let alarm = Alarm(on: loop)
            let produced = Atomic<Int>(0)
            let producer = try Thread.joinable(name: "producer") {
                for _ in 0..<count {
                    produced.add(1, ordering: .releasing)
                    alarm.ring()
                }
            }

            while produced.load(ordering: .acquiring) < count {
                _ = await alarm.wait(until: .distantFuture)
            }

            pthread_join(producer, nil)
        }
    }

    @Test func `work from many threads arrives whole and in the order of each thread`() async throws
    {
        let loop = try EventLoop(name: "test")
        loop.start()
        let arrived = Arrivals()
        let threads = try (0..<4).map { thread in
            try Thread.joinable(name: "producer") {
                for number in 0..<5_000 { loop.execute { arrived.lists[thread].append(number) } }
            }
        }

        for thread in threads { pthread_join(thread, nil) }
        loop.stop()

        #expect(arrived.lists == Array(repeating: Array(0..<5_000), count: 4))
    }

    /// Touched only on the loop, and read after its thread has been joined.
    private final class Arrivals: @unchecked Sendable {
        var lists = Array(repeating: [Int](), count: 4)
    }

    // Goal: tasks hop between loops without getting lost. Method: many tasks cross over and back.
    @Test func `tasks that cross between two loops all arrive`() async throws {
        try await withLoop { first in
            let second = try EventLoop(name: "second")
            second.start()
            let crossings = Atomic<Int>(0)

            await withTaskGroup { group in
                for _ in 0..<50 {
                    group.addTask { @Sendable in
                        for _ in 0..<100 {
                            await withTaskExecutorPreference(second) {
                                if second.isCurrent { crossings.add(1, ordering: .relaxed) }
                            }
                            if !first.isCurrent { Issue.record("not back on the first loop") }
                        }
                    }
                }
            }

            #expect(crossings.load(ordering: .relaxed) == 5_000)
            second.stop()
        }
    }

    @Test func `a task that never waits for long does not starve timers`() async throws {
        try await withLoop { loop in
            let isDone = Atomic<Bool>(false)
            loop.spawn {
                while !isDone.load(ordering: .relaxed) { await Task.yield() }
            }

            #expect(await loop.sleep(for: .milliseconds(5)))

            isDone.store(true, ordering: .relaxed)
        }
    }

    @Test func `stopping resumes sleepers and readers, and waits for their tasks`() async throws {
        let loop = try EventLoop(name: "test")
        loop.start()
        let ends = Mutex<Set<String>>([])
        let (left, right) = try await withCheckedThrowingContinuation { continuation in
            loop.spawn { continuation.resume(with: Result { try connectedPair(on: loop) }) }
        }
        loop.spawn {
            await #expect(throws: SocketError.closed) { try await left.readOnce() }
            ends.withLock { _ = $0.insert("reader") }
            withExtendedLifetime(right) {}
        }
        loop.spawn {
            #expect(await loop.sleep(until: .distantFuture) == false)
            ends.withLock { _ = $0.insert("sleeper") }
        }

        let hasSettled = loop.stop()

        #expect(hasSettled)
        #expect(ends.withLock { $0 } == ["reader", "sleeper"])
    }

    @Test func `a stopped loop takes no work and lets nobody sleep`() async throws {
        let loop = try EventLoop(name: "test")
        loop.start()
        loop.stop()

        #expect(!loop.execute {})
        #expect(await loop.sleep(for: .seconds(10)) == false)
    }

    @Test func `work handed over before the start runs after it`() async throws {
        let loop = try EventLoop(name: "test")
        await withCheckedContinuation { continuation in
            loop.execute { continuation.resume() }
            loop.start()
        }
        loop.stop()
    }
}

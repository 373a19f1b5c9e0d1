import CLinux
import Glibc
import Primitives
import Synchronization

/// One thread with one epoll; also a Swift task executor, so that `await` resumes on this thread.
///
///     ┌▶ wait for the kernel ─▶ events ─▶ timers ─▶ what other threads handed over ─▶ jobs ─┐
///     └─────────────────────────────────────────────────────────────────────────────────────┘
///
/// Sources, timers and jobs are touched only on the loop's thread, which is why the class may call
/// itself Sendable; `inbox` and `liveTasks` are the only things shared. Tasks belong on a loop by
/// `spawn`: unstructured `Task {}` and `Task.detached` leave it, and `Task.sleep` starts threads
/// of its own where `sleep(until:)` does not.
package final class EventLoop: TaskExecutor, @unchecked Sendable {
    /// Events taken from the kernel at once. More are simply taken in the next turn.
    static let eventLimit = 256
    /// Rounds of jobs run before the kernel is asked again, so that tasks which keep waking each
    /// other cannot starve the sockets.
    static let jobRoundLimit = 16
    /// How long `stop()` waits for tasks to end once everything they wait for here has ended.
    static let stopGrace = Duration.seconds(5)

    private enum Phase { case idle, running, stopping, stopped }

    /// What other threads hand over. One wake-up is sent when it goes from empty to non-empty.
    private struct Inbox {
        var jobs: [UnownedJob] = []
        var work: [@Sendable () -> Void] = []
        var phase = Phase.idle

        var isEmpty: Bool { jobs.isEmpty && work.isEmpty }
    }

    /// The loop whose thread this is.
    package static var current: EventLoop? {
        clinux_current_loop().map { Unmanaged.fromOpaque($0).takeUnretainedValue() }
    }

    package let name: String
    private let poller: Int32
    private let wakeUp: Int32
    private let events = UnsafeMutablePointer<epoll_event>.allocate(capacity: eventLimit)
    private let inbox = Mutex(Inbox())
    private let liveTasks = Atomic<Int>(0)
    private let thread = Mutex<pthread_t?>(nil)

    /// The time when this turn of the loop began; only for code that runs on the loop.
    package private(set) var now = Instant.now()
    private var sources = SourceTable()
    private var timers = TimerQueue()
    private var jobs: [UnownedJob] = []
    private var runningJobs: [UnownedJob] = []
    private var work: [@Sendable () -> Void] = []
    private var runningWork: [@Sendable () -> Void] = []
    private var yielded: [UnsafeContinuation<Void, Never>] = []
    /// Set when the loop begins to stop: the time at which it no longer waits for its tasks.
    private var stopDeadline: Instant?

    package init(name: String) throws(SocketError) {
        self.name = name
        poller = try SystemCall.run("epoll_create1") { epoll_create1(Int32(EPOLL_CLOEXEC)) }
        do throws(SocketError) {
            wakeUp = try SystemCall.run("eventfd") {
                eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
            }
        } catch {
            SystemCall.close(poller)
            throw error
        }
        // Edge-triggered, so every write is an event of its own and nobody need read the counter.
        try control(EPOLL_CTL_ADD, wakeUp, [.reading, .edgeTriggered], tag: Self.wakeUpTag)
    }

    deinit {
        SystemCall.close(wakeUp)
        SystemCall.close(poller)
        events.deallocate()
    }

    package func start() {
        let isFirst = inbox.withLock { inbox in
            defer { if inbox.phase == .idle { inbox.phase = .running } }
            return inbox.phase == .idle
        }
        precondition(isFirst, "an event loop is started once")
        do throws(SocketError) {
            let thread = try Thread.joinable(name: name) { self.run() }
            self.thread.withLock { $0 = thread }
        } catch {
            fatalError("an event loop got no thread: \(error)")
        }
    }

    /// Closes every source, resumes every sleeper, waits for the tasks to end, and joins the
    /// thread. Returns `false` if some tasks had not ended after `stopGrace`; they never will.
    @discardableResult
    package func stop() -> Bool {
        precondition(!isCurrent, "a loop cannot wait for its own end")
        inbox.withLock { if $0.phase == .running { $0.phase = .stopping } }
        wake()
        let joinable = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        if let joinable { pthread_join(joinable, nil) }
        return liveTasks.load(ordering: .acquiring) == 0
    }

    /// Whether the calling thread is the loop's.
    package var isCurrent: Bool {
        clinux_current_loop() == Unmanaged.passUnretained(self).toOpaque()
    }

    /// Whether `stop()` has been called and noticed. Only on the loop.
    package var isStopping: Bool { stopDeadline != nil }

    /// Starts a task that runs on this loop. `stop()` waits for it.
    package func spawn(_ body: @escaping @Sendable () async -> Void) {
        liveTasks.add(1, ordering: .relaxed)
        Task(executorPreference: self) {
            await body()
            self.liveTasks.subtract(1, ordering: .releasing)
        }
    }

    /// Runs `item` on the loop's thread, soon and in the order of the calls of one thread. Returns
    /// `false`, and drops it, if the loop has stopped.
    @discardableResult
    package func execute(_ item: @escaping @Sendable () -> Void) -> Bool {
        if isCurrent {
            work.append(item)
            return true
        }
        let outcome = inbox.withLock { inbox -> (isTaken: Bool, mustWake: Bool) in
            if inbox.phase == .stopped { return (false, false) }
            defer { inbox.work.append(item) }
            return (true, inbox.isEmpty)
        }
        if outcome.mustWake { wake() }
        return outcome.isTaken
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if isCurrent {
            jobs.append(job)
            return
        }
        let mustWake = inbox.withLock { inbox in
            defer { inbox.jobs.append(job) }
            return inbox.isEmpty
        }
        if mustWake { wake() }
    }

    /// Lets everything else that is ready on this loop have its turn, the kernel included.
    func yieldTurn() async {
        await withUnsafeContinuation { yielded.append($0) }
    }
}

// MARK: - Timers

extension EventLoop {
    /// Sets the timer, or moves it. Only on the loop. A loop that stops fires no more timers.
    package func schedule(_ timer: LoopTimer, at deadline: Instant) {
        assert(isCurrent, "timers are set on their loop")
        if stopDeadline == nil { timers.schedule(timer, at: deadline) }
    }

    /// Does nothing if the timer is not set. Only on the loop.
    package func cancel(_ timer: LoopTimer) {
        assert(isCurrent, "timers are cancelled on their loop")
        timers.cancel(timer)
    }
}

// MARK: - Sources

extension EventLoop {
    /// Watches a descriptor until `unregister`. Only on the loop.
    func register(
        _ fd: Int32, _ source: any EventSource, for events: Readiness
    ) throws(SocketError) {
        assert(isCurrent, "sources are registered on their loop")
        guard stopDeadline == nil else { throw .loopStopped }
        let tag = sources.insert(source, for: fd)
        do throws(SocketError) {
            try control(EPOLL_CTL_ADD, fd, events, tag: tag)
        } catch {
            sources.remove(fd)
            throw error
        }
    }

    /// Changes what a registered descriptor is watched for.
    func update(_ fd: Int32, for events: Readiness) throws(SocketError) {
        try control(EPOLL_CTL_MOD, fd, events, tag: sources.tag(for: fd))
    }

    /// Must come before the descriptor is closed.
    func unregister(_ fd: Int32) {
        assert(isCurrent, "sources are unregistered on their loop")
        sources.remove(fd)
        // Closing would do it too, unless a child process still holds the descriptor.
        _ = epoll_ctl(poller, EPOLL_CTL_DEL, fd, nil)
    }

    /// Descriptors watched at the moment. Only on the loop.
    package var sourceCount: Int { sources.count }

    private static let wakeUpTag = UInt64.max

    private func control(
        _ operation: Int32, _ fd: Int32, _ events: Readiness, tag: UInt64
    ) throws(SocketError) {
        var event = epoll_event(events: events.rawValue, data: epoll_data_t(u64: tag))
        _ = try SystemCall.run("epoll_ctl") { epoll_ctl(poller, operation, fd, &event) }
    }
}

// MARK: - The thread

extension EventLoop {
    private func run() {
        clinux_set_current_loop(Unmanaged.passUnretained(self).toOpaque())
        while takeInbox() {
            runJobs()
            poll()
        }
        clinux_set_current_loop(nil)
    }

    /// Takes what other threads left. Returns `false` when the loop is to end.
    private func takeInbox() -> Bool {
        let phase = inbox.withLock { inbox in
            if !inbox.jobs.isEmpty {
                jobs.append(contentsOf: inbox.jobs)
                inbox.jobs.removeAll(keepingCapacity: true)
            }
            if !inbox.work.isEmpty {
                work.append(contentsOf: inbox.work)
                inbox.work.removeAll(keepingCapacity: true)
            }
            if inbox.phase == .stopping && hasSettled { inbox.phase = .stopped }
            return inbox.phase
        }
        if phase == .stopping && stopDeadline == nil { beginStopping() }
        return phase != .stopped
    }

    /// Whether a stopping loop has nothing left to do, or no more time for it.
    private var hasSettled: Bool {
        guard let stopDeadline else { return false }
        if now > stopDeadline { return true }
        return !hasWork && sources.count == 0 && liveTasks.load(ordering: .acquiring) == 0
    }

    private func beginStopping() {
        now = .now()
        while let timer = timers.removeFirst(dueBy: .distantFuture) {
            if case .resume(let continuation) = timer.action {
                continuation.resume(returning: false)
            }
        }
        stopDeadline = now + Self.stopGrace
        for source in sources.all { source.loopStops() }
    }

    private var hasWork: Bool { !jobs.isEmpty || !work.isEmpty || !yielded.isEmpty }

    private func runJobs() {
        let executor = asUnownedTaskExecutor()
        for _ in 0..<Self.jobRoundLimit {
            if !work.isEmpty { runWork() }
            if jobs.isEmpty { return }
            swap(&jobs, &runningJobs)
            for job in runningJobs { job.runSynchronously(on: executor) }
            runningJobs.removeAll(keepingCapacity: true)
        }
    }

    private func runWork() {
        swap(&work, &runningWork)
        for item in runningWork { item() }
        runningWork.removeAll(keepingCapacity: true)
    }

    private func poll() {
        // EINTR is no failure here, and the other errors of epoll_wait(2) cannot happen.
        let count = epoll_wait(poller, events, Int32(Self.eventLimit), timeoutMilliseconds)
        now = .now()
        for index in 0..<max(0, Int(count)) {
            let event = events[index]
            guard event.data.u64 != Self.wakeUpTag else { continue }
            sources.source(for: event.data.u64)?.ready(Readiness(rawValue: event.events))
        }
        fireTimers()
        if !yielded.isEmpty { resumeYielded() }
    }

    /// How long the kernel may keep the thread: rounded up, because a timer must not fire early.
    private var timeoutMilliseconds: Int32 {
        if hasWork { return 0 }
        // While stopping, tasks may end on other loops without a word to this one.
        guard let earliest = timers.earliest else { return stopDeadline == nil ? -1 : 10 }
        let now = Instant.now()
        guard earliest > now else { return 0 }
        let left = (earliest.nanoseconds - now.nanoseconds - 1) / 1_000_000 + 1
        return Int32(clamping: left)
    }

    private func fireTimers() {
        // No more than there are now: a timer that sets itself again at once has to wait.
        for _ in 0..<timers.count {
            guard let timer = timers.removeFirst(dueBy: now) else { return }
            switch timer.action {
            case .call(let action): action()
            case .resume(let continuation): continuation.resume(returning: true)
            }
        }
    }

    private func resumeYielded() {
        let waiting = yielded
        yielded.removeAll(keepingCapacity: true)
        for continuation in waiting { continuation.resume() }
    }

    private func wake() {
        var one: UInt64 = 1
        _ = Glibc.write(wakeUp, &one, MemoryLayout<UInt64>.size)
    }
}

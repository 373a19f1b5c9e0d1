import DequeModule
import Glibc
import Primitives
import Synchronization

/// Turns names into addresses, on threads of its own, because getaddrinfo(3) blocks for seconds
/// when a name server is down.
///
/// Threads live only while there are questions. Equal questions are asked once. Answers are kept
/// for a short while, good or bad, so that a retry per second does not become a query per second.
package final class Resolver: Sendable {
    /// Lookups at once: one dead name must not hold up the others.
    static let threadLimit = 2
    /// Different names waiting or being looked up.
    static let questionLimit = 64
    /// How long addresses are believed. Backends move, and their time to live is not told to us.
    static let answerLifetime = Duration.seconds(10)
    static let failureLifetime = Duration.seconds(1)
    static let answerLimit = 256

    package static let shared = Resolver()

    package typealias Answer = Result<[SocketAddress], SocketError>
    private let lookUp: @Sendable (String) -> Answer
    private let state = Mutex(State())

    private struct State {
        var answers: [String: (answer: Answer, expiry: Instant)] = [:]
        /// Who waits for which name, asked or still in `queue`.
        var questions: [String: [Question]] = [:]
        var queue: Deque<String> = []
        var threadCount = 0
    }

    /// - Parameter lookUp: Blocks; replaced in tests.
    init(lookUp: @escaping @Sendable (String) -> Answer = NameLookup.blocking) {
        self.lookUp = lookUp
    }

    /// The addresses of an endpoint, best first and never empty; on `loop`.
    package func addresses(
        of endpoint: Endpoint, deadline: Instant, on loop: EventLoop
    ) async throws(SocketError) -> [SocketAddress] {
        switch endpoint {
        case .unix(let path): return [.unix(path: path)]
        case .tcp(let host, let port):
            let addresses = try await addresses(ofHost: host, deadline: deadline, on: loop)
            return addresses.map { $0.with(port: port) }
        }
    }

    private func addresses(
        ofHost host: String, deadline: Instant, on loop: EventLoop
    ) async throws(SocketError) -> [SocketAddress] {
        if let known = NameLookup.withoutAsking(host) { return known }
        let question = Question(loop: loop)
        switch ask(host, question, at: loop.now) {
        case .known(let answer): return try answer.get()
        case .busy: throw .resolverBusy(limit: Self.questionLimit)
        case .asked(let isFirst): if isFirst { startThread() }
        }
        let isLate = await question.alarm.wait(until: deadline)
        // The answer may have come in the same moment as the deadline.
        if let answer = question.answer { return try answer.get() }
        throw isLate ? .timedOut : .loopStopped
    }
}

// MARK: - Asking

extension Resolver {
    /// One task's wait for an answer. `answer` is touched only on `loop`.
    private final class Question: @unchecked Sendable {
        let loop: EventLoop
        let alarm: Alarm
        var answer: Answer?

        init(loop: EventLoop) {
            self.loop = loop
            alarm = Alarm(on: loop)
        }

        func receive(_ answer: Answer) {
            loop.execute {
                self.answer = answer
                self.alarm.ring()
            }
        }
    }

    private enum Reception {
        case known(Answer)
        case asked(mustStartThread: Bool)
        case busy
    }

    private func ask(_ host: String, _ question: Question, at now: Instant) -> Reception {
        state.withLock { state in
            if let known = state.answers[host] {
                if known.expiry > now { return .known(known.answer) }
                state.answers[host] = nil
            }
            if state.questions[host] != nil {
                state.questions[host]?.append(question)
                return .asked(mustStartThread: false)
            }
            guard state.questions.count < Self.questionLimit else { return .busy }
            state.questions[host] = [question]
            state.queue.append(host)
            guard state.threadCount < Self.threadLimit else {
                return .asked(mustStartThread: false)
            }
            state.threadCount += 1
            return .asked(mustStartThread: true)
        }
    }

    private func startThread() {
        do throws(SocketError) {
            try Thread.detached(name: "resolver") { self.answerQuestions() }
        } catch {
            // Nobody would answer: say so to everyone who waits.
            while let host = nextQuestion() { deliver(.failure(error), host) }
        }
    }

    private func answerQuestions() {
        while let host = nextQuestion() { deliver(lookUp(host), host) }
    }

    /// The next name to look up. `nil` gives the thread back.
    private func nextQuestion() -> String? {
        state.withLock { state in
            if let host = state.queue.popFirst() { return host }
            state.threadCount -= 1
            return nil
        }
    }

    private func deliver(_ answer: Answer, _ host: String) {
        let lifetime = (try? answer.get()) == nil ? Self.failureLifetime : Self.answerLifetime
        let questions = state.withLock { state in
            // Starting over is simpler than looking for the oldest, and just as good: what is in
            // use will be asked again.
            if state.answers.count >= Self.answerLimit { state.answers = [:] }
            state.answers[host] = (answer, Instant.now() + lifetime)
            return state.questions.removeValue(forKey: host) ?? []
        }
        for question in questions { question.receive(answer) }
    }
}

import ComponentTesting
import Configuration
import OTLP
import Pipeline
import Primitives
import Sockets
import Synchronization
import Telemetry
import TestSupport
import Testing

/// An exporter that does what the test says, and remembers the items it was given.
final class ScriptedExporter: Exporter {
    static let name = "scripted"
    static let summary = "does what a test says"
    static let delivery = DeliveryDefaults.queued

    /// What happens to the batch in the attempt of this number, from 0.
    typealias Script = @Sendable (_ batch: Batch, _ attempt: Int) async -> ExportResult

    private let script: Script
    private let given = Mutex<[[Int]]>([])

    init(_ script: @escaping Script = { _, _ in .exported }) {
        self.script = script
    }

    convenience init(from section: inout Section) { self.init() }

    /// The item numbers of each attempt, in order.
    var attempts: [[Int]] { given.withLock { $0 } }
    var items: [Int] { attempts.flatMap { $0 } }

    func start(_ context: ExporterContext) async throws(StartError) {}
    func stop() async {}

    func export(_ batch: Batch) async -> ExportResult {
        let attempt = given.withLock { given in
            given.append(batch.itemNumbers)
            return given.count - 1
        }
        return await script(batch, attempt)
    }
}

/// Something attempts can be held up by.
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    func pass() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiters.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }

    /// Lets one pass that waits; `false` if there is none.
    @discardableResult
    func letOnePass() -> Bool {
        let waiter = state.withLock { $0.waiters.isEmpty ? nil : $0.waiters.removeFirst() }
        waiter?.resume()
        return waiter != nil
    }

    func open() {
        let waiters = state.withLock { state in
            state.isOpen = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// An exporter's script that exports what passes.
    var script: ScriptedExporter.Script {
        { [self] _, _ in
            await pass()
            return .exported
        }
    }
}

/// Queues and stages on real threads, as the daemon would connect them. `run` drains them in the
/// end and holds the books to account.
final class Workshop: Sendable {
    let ledger = Ledger()
    let log = RecordedLog()
    /// For stages and timers.
    let loop: EventLoop
    private let parts = Mutex<(loops: [EventLoop], queues: [ExporterQueue])>(([], []))

    private init() throws {
        loop = try EventLoop(name: "test")
        loop.start()
    }

    static func run(_ body: (Workshop) async throws -> Void) async throws {
        let workshop = try Workshop()
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(workshop))
        } catch {
            result = .failure(error)
        }
        await workshop.close()
        try result.get()
    }

    private func close() async {
        let (loops, queues) = parts.withLock { $0 }
        for queue in queues { await queue.drain(by: .now() + .seconds(5), timers: loop) }
        for loop in loops + [loop] { #expect(loop.stop(), "tasks were left on \(loop.name)") }
        for account in ledger.accounts {
            #expect(account.unaccounted == 0, "\(account.component)")
            #expect(account.held.value == 0, "\(account.component)")
        }
    }

    /// - Parameter starts: Whether its consumers are started.
    func queue(
        _ exporter: ScriptedExporter, starts: Bool = true,
        _ change: (inout DeliverySettings) -> Void = { _ in }
    ) throws -> ExporterQueue {
        var settings = DeliverySettings()
        settings.queue.consumerCount = 1
        settings.retry.randomizationFactor = 0
        settings.retry.initialInterval = .milliseconds(1)
        change(&settings)
        let loop = try EventLoop(name: "exporter")
        loop.start()
        let queue = ExporterQueue(
            exporter, settings: settings, account: account("exporter"), logger: log.logger,
            loop: loop)
        parts.withLock {
            $0.loops.append(loop)
            $0.queues.append(queue)
        }
        if starts { queue.start() }
        return queue
    }

    func stage<P: Processor>(_ processor: P, to intakes: any Intake...) -> StatefulStage<P> {
        stage(processor, Route(steps: [], intakes: intakes))
    }

    func stage<P: Processor>(_ processor: P, _ route: Route) -> StatefulStage<P> {
        StatefulStage(
            processor, route: route, account: account("stage"), logger: log.logger, loop: loop)
    }

    func step(_ processor: some Processor) -> any Step {
        StatelessStep(processor, account: account("step"))
    }

    func inlet(_ steps: [any Step] = [], to intakes: any Intake...) -> Inlet {
        inlet([Route(steps: steps, intakes: intakes)])
    }

    func inlet(_ routes: [Route]) -> Inlet {
        Inlet(signal: .traces, routes: routes, account: account("inlet"))
    }

    func account(_ component: String) -> Account {
        ledger.open(component: component, scope: "test")
    }

    /// Waits for `condition`, and says what was waited for if that never came.
    func eventually(
        _ what: Comment, sourceLocation: Testing.SourceLocation = #_sourceLocation,
        _ condition: () -> Bool
    ) async {
        let deadline = Instant.now() + .seconds(60)
        while !condition() {
            guard Instant.now() < deadline else {
                Issue.record(what, sourceLocation: sourceLocation)
                return
            }
            _ = await loop.sleep(for: .milliseconds(1))
        }
    }
}

/// What an account says, for comparisons.
struct Books: Equatable, CustomStringConvertible {
    var outgoing = 0
    var dropped: [String: Int] = [:]
    var refused: [String: Int] = [:]
    var held = 0

    var description: String {
        "outgoing \(outgoing), dropped \(dropped), refused \(refused), held \(held)"
    }
}

extension Account {
    var books: Books {
        Books(
            outgoing: outgoing.value, dropped: dropped.values, refused: refused.values,
            held: held.value)
    }
}

extension Admission {
    var isAdmitted: Bool {
        if case .admitted = self { true } else { false }
    }

    var refusal: Refusal? {
        if case .refused(let refusal) = self { refusal } else { nil }
    }
}

extension Intake {
    /// What a delivery does that goes nowhere else. `nil` if the batch was taken.
    func offer(_ batch: Batch, _ receipt: Receipt? = nil) -> Refusal? {
        let admission = reserve([batch], hasWaited: false)
        guard admission.isAdmitted else { return admission.refusal }
        commit([batch], receipt)
        return nil
    }
}

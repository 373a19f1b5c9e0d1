import Configuration
import Logging
import OTLP
import Pipeline
import Primitives
import Sockets
import Synchronization
import Telemetry

/// The running daemon: components connected, and in which order they start and stop.
///
///     receivers ─▶ inlet ─▶ route ─▶ stage ─▶ route ─▶ queues ─▶ exporters
///
/// Built in one pass over `Parts`, from the exporters up. It starts in the same order, so that
/// whatever receives finds everything behind it running; it stops the other way round.
final class Graph: Sendable {
    private let receivers: [RunningReceiver]
    /// By pipeline, in the order of the flow: each drains into one that still takes records.
    private let stages: [[any Stage]]
    /// Of the pipelines that `stages` belong to.
    private let pipelineIDs: [PipelineID]
    private let queues: [ExporterQueue]
    private let exporters: [RunningExporter]
    private let extensions: [RunningExtension]
    /// What `memory_limiter` wants to have watched, by its id.
    let memoryChecks: [(id: String, checks: [MemoryCheck])]
    private let loops: [EventLoop]
    let ledger: Ledger
    private let logger: Logger
    private let progress = Mutex(Progress())

    /// How far starting has come: so many of each were started, and are to be stopped.
    private struct Progress {
        var hasBegun = false
        var exporters = 0
        var extensions = 0
        var receivers = 0
        var isStopping = false
    }

    private struct RunningReceiver: Sendable {
        let receiver: any Receiver
        let context: ReceiverContext
    }

    private struct RunningExporter: Sendable {
        let exporter: any Exporter
        let context: ExporterContext
        let queues: [ExporterQueue]
    }

    private struct RunningExtension: Sendable {
        let `extension`: any Extension
        let context: ExtensionContext
    }

    init(
        _ configuration: Configuration, _ parts: Parts, log: DaemonLogger, loopCount: Int
    ) throws(SocketError) {
        var builder = try GraphBuilder(parts, log, loopCount: loopCount)
        for pipeline in configuration.pipelines { try builder.add(pipeline) }
        let logger = log.logger("martlet")
        for pipeline in configuration.pipelines {
            logger.notice(
                "pipeline", metadata: ["flow": "\(pipeline.flow)", "id": "\(pipeline.id)"])
        }
        receivers = builder.makeReceivers().map(RunningReceiver.init)
        stages = builder.stages
        pipelineIDs = builder.pipelineIDs
        memoryChecks = builder.memoryChecks
        queues = builder.queues.map(\.queue)
        exporters = builder.exporterLoops.map { id, loop in
            let queues = builder.queues.filter { $0.exporter == id }
            let context = ExporterContext(
                id: id, loop: loop, logger: log.logger("exporter/\(id)"),
                userAgent: BuildInfo.userAgent, signals: Set(queues.map(\.signal)))
            return RunningExporter(
                exporter: builder.exporter(id), context: context, queues: queues.map(\.queue))
        }
        extensions = parts.extensions.map { id, made in
            RunningExtension(
                extension: made,
                context: ExtensionContext(
                    id: id, loop: builder.loops[0], logger: log.logger("extension/\(id)")))
        }
        loops = builder.loops + builder.exporterLoops.map(\.loop)
        ledger = builder.ledger
        self.logger = logger
    }

    /// Starts everything, or throws what failed first; then `stop` cleans up.
    ///
    /// - Returns: `false` if `stop` came before the end.
    func start() async throws(StartError) -> Bool {
        let mayBegin = progress.withLock { progress in
            progress.hasBegun = !progress.isStopping
            return progress.hasBegun
        }
        guard mayBegin else { return false }
        for loop in loops { loop.start() }
        for running in exporters {
            try await running.context.loop.start { () throws(StartError) in
                try await running.exporter.start(running.context)
            }
            for queue in running.queues { queue.start() }
            if noteStarted(\.exporters) { return false }
        }
        for running in extensions {
            try await running.context.loop.start { () throws(StartError) in
                try await running.extension.start(running.context)
            }
            if noteStarted(\.extensions) { return false }
        }
        for running in receivers {
            try await running.receiver.start(running.context)
            if noteStarted(\.receivers) { return false }
        }
        for running in extensions { running.extension.announce(ready: true) }
        return true
    }

    /// - Returns: Whether starting is to end here.
    private func noteStarted(_ count: WritableKeyPath<Progress, Int>) -> Bool {
        progress.withLock { progress in
            progress[keyPath: count] += 1
            return progress.isStopping
        }
    }

    /// Takes nothing new, sends what is held until `deadline`, and stops what was started. Returns
    /// little later than the deadline, whatever a component does. Threads go with the process.
    func stop(by deadline: Instant) async {
        let started = progress.withLock { progress in
            progress.isStopping = true
            return progress
        }
        // Loops answer nobody before they run.
        guard started.hasBegun else { return }
        let extensions = extensions.prefix(started.extensions)
        for running in extensions { running.extension.announce(ready: false) }
        for queue in queues { queue.hurry(by: deadline) }
        // Requests that wait for an exporter must not use up the time of what was taken already.
        let half = .now() + (deadline - .now()) / 2
        await concurrently(receivers.prefix(started.receivers)) { await $0.receiver.stop(by: half) }
        await concurrently(stages) { stages in
            for stage in stages { await stage.drain(by: deadline) }
        }
        // Not on an exporter's own thread, which may hang in an attempt.
        let timers = loops[0]
        await concurrently(queues) { await $0.drain(by: deadline, timers: timers) }
        await concurrently(exporters.prefix(started.exporters)) { running in
            await self.end(running.context.id, on: running.context.loop, by: deadline) {
                await running.exporter.stop()
            }
        }
        for running in extensions {
            await end(running.context.id, on: running.context.loop, by: deadline) {
                await running.extension.stop()
            }
        }
    }

    /// What was decided about a trace, one line for each processor that remembers it.
    func explanations(of trace: TraceID) -> [String] {
        zip(stages, pipelineIDs).flatMap { stages, pipeline in
            stages.compactMap { stage in
                stage.explanation(of: trace).map {
                    "\(pipeline), \(stage.account.component): \($0)"
                }
            }
        }
    }

    /// How much longer than the deadline a component may take to close what it has open.
    private static let closingGrace = Duration.seconds(1)

    /// Runs a component's `stop` on its loop, and goes on without it if that hangs.
    private func end(
        _ id: String, on loop: EventLoop, by deadline: Instant,
        _ stop: @escaping @Sendable () async -> Void
    ) async {
        let stopped = Alarm(on: loops[0])
        loop.spawn {
            await stop()
            stopped.ring()
        }
        let limit = max(deadline, .now()) + Self.closingGrace
        if await stopped.wait(until: limit) {
            logger.error("a component did not stop in time", metadata: ["component": "\(id)"])
        }
    }
}

/// Does the same with all of them at once, and waits for the last.
private func concurrently<Items: Collection>(
    _ items: Items, _ work: @escaping @Sendable (Items.Element) async -> Void
) async where Items.Element: Sendable {
    await withTaskGroup { group in
        for item in items { group.addTask { await work(item) } }
    }
}

extension EventLoop {
    /// Runs what a component does when it starts as a task of this loop, and waits for it from a
    /// task of another.
    fileprivate func start(
        _ work: @escaping @Sendable () async throws(StartError) -> Void
    ) async throws(StartError) {
        let failure = await withCheckedContinuation { continuation in
            spawn {
                do throws(StartError) {
                    try await work()
                    continuation.resume(returning: StartError?.none)
                } catch {
                    continuation.resume(returning: error)
                }
            }
        }
        if let failure { throw failure }
    }
}

/// Connects parts, pipeline by pipeline.
private struct GraphBuilder {
    let ledger = Ledger()
    let loops: [EventLoop]
    private(set) var stages: [[any Stage]] = []
    private(set) var pipelineIDs: [PipelineID] = []
    private(set) var queues: [(exporter: String, signal: Signal, queue: ExporterQueue)] = []
    private(set) var exporterLoops: [(id: String, loop: EventLoop)] = []
    private(set) var memoryChecks: [(id: String, checks: [MemoryCheck])] = []
    /// The entrances of pipelines, by receiver and signal.
    private var entrances: [String: [Signal: [Route]]] = [:]

    private let parts: Parts
    private let log: DaemonLogger

    init(_ parts: Parts, _ log: DaemonLogger, loopCount: Int) throws(SocketError) {
        self.parts = parts
        self.log = log
        var loops: [EventLoop] = []
        for index in 0..<loopCount { loops.append(try EventLoop(name: "receive-\(index)")) }
        self.loops = loops
    }

    func exporter(_ id: String) -> any Exporter {
        guard let made = parts.exporters[id] else {
            preconditionFailure("the exporter \(id) was checked to be there")
        }
        return made.exporter
    }

    mutating func add(_ pipeline: Configuration.Pipeline) throws(SocketError) {
        guard let signal = Signal(rawValue: pipeline.id.signal) else { return }
        var intakes: [any Intake] = []
        for reference in pipeline.exporters.uniqued() {
            intakes.append(try queue(reference.id.description, signal))
        }
        var route = Route(steps: [], intakes: intakes)
        var pipelineStages: [any Stage] = []
        for placed in (parts.processors[pipeline.id] ?? []).reversed() {
            let account = ledger.open(
                component: "processor/\(placed.id)", scope: pipeline.id.description)
            if let check = placed.processor.memoryCheck { add(check, of: placed.id) }
            if type(of: placed.processor).state == .none {
                let step = Self.step(placed.processor, account)
                route = Route(steps: [step] + route.steps, intakes: route.intakes)
            } else {
                let logger = log.logger("processor/\(placed.id)")
                let stage = stage(placed.processor, route, account, logger)
                account.ask { [weak stage] in stage?.measurements ?? [] }
                pipelineStages.insert(stage, at: 0)
                route = Route(steps: [], intakes: [stage])
            }
        }
        stages.append(pipelineStages)
        pipelineIDs.append(pipeline.id)
        for reference in pipeline.receivers.uniqued() {
            entrances[reference.id.description, default: [:]][signal, default: []]
                .append(route)
        }
    }

    private static func step(_ processor: some Processor, _ account: Account) -> any Step {
        StatelessStep(processor, account: account)
    }

    private func stage(
        _ processor: some Processor, _ route: Route, _ account: Account, _ logger: Logger
    ) -> any Stage {
        // A loop spends less than half of its time under a lock, so two share one: to split batches
        // and to keep state twice costs more than to wait now and then.
        let shardCount = min((loops.count + 1) / 2, processor.shardLimit)
        return shardCount > 1
            ? ShardedStage(
                processor, count: shardCount, route: route, account: account, logger: logger,
                loop: loops[0])
            : StatefulStage(
                processor, route: route, account: account, logger: logger, loop: loops[0])
    }

    private mutating func add(_ check: MemoryCheck, of id: String) {
        if let position = memoryChecks.firstIndex(where: { $0.id == id }) {
            memoryChecks[position].checks.append(check)
        } else {
            memoryChecks.append((id, [check]))
        }
    }

    /// The queue of an exporter for a signal, shared by all pipelines of that signal.
    private mutating func queue(_ id: String, _ signal: Signal) throws(SocketError) -> ExporterQueue
    {
        if let known = queues.first(where: { $0.exporter == id && $0.signal == signal }) {
            return known.queue
        }
        guard let made = parts.exporters[id] else {
            preconditionFailure("the exporter \(id) was checked to be there")
        }
        let queue = ExporterQueue(
            made.exporter, settings: made.settings,
            account: ledger.open(component: "exporter/\(id)", scope: signal.rawValue),
            logger: log.logger("exporter/\(id)"), loop: try loop(of: id))
        queues.append((id, signal, queue))
        return queue
    }

    /// The thread of an exporter, shared by its signals.
    private mutating func loop(of id: String) throws(SocketError) -> EventLoop {
        if let known = exporterLoops.first(where: { $0.id == id }) { return known.loop }
        let loop = try EventLoop(name: "export-\(id)")
        exporterLoops.append((id, loop))
        return loop
    }

    func makeReceivers() -> [(any Receiver, ReceiverContext)] {
        entrances.keys.sorted().compactMap { id in
            guard let receiver = parts.receivers[id], let routes = entrances[id] else { return nil }
            var inlets: [Signal: Inlet] = [:]
            for (signal, routes) in routes {
                let account = ledger.open(component: "receiver/\(id)", scope: signal.rawValue)
                inlets[signal] = Inlet(signal: signal, routes: routes, account: account)
            }
            let context = ReceiverContext(
                id: id, inlets: inlets, loops: loops, logger: log.logger("receiver/\(id)"))
            return (receiver, context)
        }
    }
}

extension [Configuration.Use] {
    /// Naming a receiver or exporter twice in a pipeline counts once, as in otelcol.
    fileprivate func uniqued() -> [Configuration.Use] {
        var seen: Set<String> = []
        return filter { seen.insert($0.id.description).inserted }
    }
}

extension Configuration.Pipeline {
    /// `otlp → batch → otlp_http, debug`
    var flow: String {
        let groups = [receivers, processors, exporters].filter { !$0.isEmpty }
        return groups.map { $0.map(\.id.description).joined(separator: ", ") }
            .joined(separator: " → ")
    }
}

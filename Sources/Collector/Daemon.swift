import Configuration
import Glibc
import Logging
import Pipeline
import Primitives
import Sockets
import Telemetry

/// The daemon's life: start, run until a signal, drain, stop.
///
/// A loop of its own, `control`, hears signals and runs start and stop; the main thread waits for
/// the end. A second signal is heard while the first one's drain goes on.
struct Daemon: Sendable {
    private let log: DaemonLogger
    private let logger: Logger
    private let metrics: MetricsSettings
    private let drainTimeout: Duration
    private let loopCount: Int

    init(_ telemetry: TelemetrySettings, drainTimeout: Duration, loopCount: Int) {
        metrics = telemetry.metrics
        self.drainTimeout = drainTimeout
        self.loopCount = loopCount
        log = DaemonLogger(
            output: LogOutput(encoding: telemetry.encoding), level: telemetry.level)
        logger = log.logger("martlet")
    }

    static var coreCount: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

    /// - Returns: The exit code.
    func run(_ configuration: Configuration, _ parts: Parts) -> Int32 {
        ProcessMemory.limitArenas(to: 2)
        ProcessSignals.ignoreBrokenPipes()
        do throws(SocketError) {
            let control = try EventLoop(name: "control")
            let graph = try Graph(configuration, parts, log: log, loopCount: loopCount)
            let ending = Ending()
            try ProcessSignals.deliver([.terminate, .interrupt, .hangUp], on: control) {
                signal, _ in
                answer(signal, graph, control, ending)
            }
            control.start()
            control.spawn { await start(graph, control, ending) }
            control.spawn { await keepMemorySmall(graph, control) }
            let code = ending.code.wait()
            log.output.flushRepeats()
            return code
        } catch {
            logger.error("could not start", metadata: ["reason": "\(error)"])
            return Program.failure
        }
    }

    /// On the control loop.
    private func answer(
        _ signal: ProcessSignal, _ graph: Graph, _ control: EventLoop, _ ending: Ending
    ) {
        if signal == .hangUp {
            logger.warning("reload is not in this build yet; restart to read the configuration")
        } else if ending.isStopping {
            logger.error(
                "stopped at once by a second signal",
                metadata: ["held_items": "\(graph.ledger.held)"])
            _exit(128 + signal.rawValue)
        } else {
            ending.isStopping = true
            logger.info("stopping", metadata: ["signal": "\(signal.name)"])
            control.spawn { await stop(graph, ending) }
        }
    }

    private func start(_ graph: Graph, _ control: EventLoop, _ ending: Ending) async {
        do throws(StartError) {
            let process = ProcessMetrics(start: .now())
            ending.metrics = try MetricsServer(metrics, graph, process, on: control, logger)
            MemoryWatch(process, logger).start(graph, on: control)
            guard try await graph.start() else { return }
            ProcessMemory.trim()
            logger.info("ready", metadata: ["version": "\(BuildInfo.version)"])
        } catch {
            logger.error("could not start", metadata: ["reason": "\(error)"])
            await graph.stop(by: .now() + .seconds(1))
            ending.code.settle(Program.failure)
        }
    }

    private func stop(_ graph: Graph, _ ending: Ending) async {
        await graph.stop(by: .now() + drainTimeout)
        await ending.metrics?.stop()
        let lost = graph.ledger.accounts.reduce(0) { $0 + ($1.dropped.values["stopping"] ?? 0) }
        for account in graph.ledger.accounts {
            // Each under its own name, so that none counts as a repetition of another.
            log.logger(account.component).notice("account", metadata: account.fields)
        }
        logger.info(
            "stopped",
            metadata: ["lost": "\(lost)", "unaccounted": "\(graph.ledger.unaccounted)"])
        ending.code.settle(lost == 0 ? Program.success : Program.failure)
    }

    /// Gives memory back to the system once a burst is over: malloc keeps what was freed.
    private func keepMemorySmall(_ graph: Graph, _ loop: EventLoop) async {
        var seen = 0
        var isTrimmed = true
        while await loop.sleep(for: .seconds(2)) {
            let incoming = graph.ledger.accounts.reduce(0) { $0 + $1.incoming.value }
            if incoming == seen, !isTrimmed {
                ProcessMemory.trim()
                isTrimmed = true
            }
            if incoming != seen {
                ProcessMemory.trimUnneeded()
                isTrimmed = false
            }
            seen = incoming
        }
    }
}

/// How the daemon ends. But for `code`, it is touched on the control loop only.
private final class Ending: @unchecked Sendable {
    var isStopping = false
    var metrics: MetricsServer?
    let code = Outcome<Int32>()
}

extension Account {
    fileprivate var fields: Logger.Metadata {
        var fields: Logger.Metadata = [
            "scope": "\(scope)", "incoming": "\(incoming.value)", "outgoing": "\(outgoing.value)",
        ]
        for (reason, count) in dropped.values { fields["dropped.\(reason)"] = "\(count)" }
        for (reason, count) in refused.values { fields["refused.\(reason)"] = "\(count)" }
        return fields
    }
}

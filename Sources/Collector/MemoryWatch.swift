import Logging
import Pipeline
import Primitives
import Sockets
import Telemetry

/// Measures the daemon's memory for the `memory_limiter` processors, each as often as it says.
///
/// One task for each id, on the control loop. What counts is memory that the kernel cannot take
/// back: pages of the program itself do not.
struct MemoryWatch: Sendable {
    private let process: ProcessMetrics
    private let logger: Logger

    init(_ process: ProcessMetrics, _ logger: Logger) {
        self.process = process
        self.logger = logger
    }

    func start(_ graph: Graph, on loop: EventLoop) {
        for (id, checks) in graph.memoryChecks {
            guard let check = checks.first else { continue }
            logger.info(
                "memory limiter configured",
                metadata: [
                    "id": "\(id)", "limit_mib": "\(check.hardLimit >> 20)",
                    "refuses_from_mib": "\(check.softLimit >> 20)",
                    "check_interval": "\(check.interval)",
                ])
            loop.spawn { await watch(id, checks, check, loop) }
        }
    }

    private func watch(
        _ id: String, _ checks: [MemoryCheck], _ first: MemoryCheck, _ loop: EventLoop
    ) async {
        repeat {
            let change = first.check(at: .now(), measure: measure, release: ProcessMemory.release)
            for other in checks.dropFirst() { other.follow(first) }
            if let change { report(change, id, first) }
        } while await loop.sleep(for: first.interval)
    }

    /// Also for those who look between two checks.
    private func measure() -> Int {
        MemoryUse.note(measured: process.privateSize)
        return MemoryUse.current
    }

    private func report(_ change: MemoryCheck.Change, _ id: String, _ check: MemoryCheck) {
        let metadata: Logger.Metadata = [
            "id": "\(id)", "used_mib": "\(MemoryUse.current >> 20)",
            "refuses_from_mib": "\(check.softLimit >> 20)",
        ]
        switch change {
        case .refuses:
            logger.warning(
                "memory is short, records are refused until there is room", metadata: metadata)
        case .resumes:
            logger.info(
                "memory is back within its limit, records are taken again", metadata: metadata)
        }
    }
}

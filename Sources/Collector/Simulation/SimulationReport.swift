import Configuration
import OTLP
import Primitives

/// What a simulation found, in the order in which it is shown; the same for the same input.
struct SimulationReport {
    /// What one pipeline did.
    struct PipelineReport {
        let id: String
        let flow: String
        let signal: Signal
        let stages: [SimulatedStage]
        /// Spans, data points or log records.
        let items: Share
        /// `nil` but for traces.
        let traces: TraceReport?
        /// By name.
        let services: [ServiceReport]
    }

    /// What became of whole traces. One is kept if any span of it left the pipeline.
    struct TraceReport {
        var all = Share()
        /// Traces that were kept without all of their spans.
        var partial = 0
        var errors = Share()
        var slow = Share()
        var decisions: [(decision: TraceOutcomes.Decision, traces: Int, spans: Int)] = []
    }

    /// What one service sent and what became of it.
    struct ServiceReport {
        let name: String
        var items: Share
        /// Traces with the service's root span; all empty but for traces.
        var traces = Share()
        var errors = Share()
        var slow = Share()
    }

    /// An expectation, what it was held against, and whether it holds.
    struct Check {
        let pipeline: String
        let expectation: SimulationExpectation
        let share: Share

        var holds: Bool { expectation.holds(for: share) }
    }

    let requestCount: Int
    let items: [(signal: Signal, count: Int)]
    let ignored: [(signal: Signal, count: Int)]
    let traceCount: Int
    /// Nanoseconds since 1970; `nil` if nothing was given.
    let times: (first: UInt64, last: UInt64)?
    let pipelines: [PipelineReport]
    let comparisons: [SimulationComparison]
    let checks: [Check]

    /// - Parameter exampleLimit: Trace ids to show for each difference.
    init(
        _ simulation: Simulation, expectations: [SimulationExpectation], exampleLimit: Int
    ) {
        requestCount = simulation.requestCount
        items = Signal.allCases.compactMap { signal in
            simulation.incoming[signal].map { (signal, $0.total) }
        }
        ignored = Signal.allCases.compactMap { signal in
            simulation.ignored[signal].map { (signal, $0) }
        }
        traceCount = simulation.traces.traces.count
        times = simulation.firstTime.map { ($0, simulation.lastTime) }
        pipelines = simulation.lanes.map { Self.pipeline($0, simulation) }
        comparisons = simulation.lanes.map { lane in
            let other = simulation.otherLanes.first { $0.pipeline.id == lane.pipeline.id }
            return SimulationComparison(lane, other, simulation, exampleLimit: exampleLimit)
        }
        checks = expectations.flatMap { expectation in
            simulation.lanes.compactMap { lane in
                Self.share(of: expectation.subject, lane, simulation).map {
                    Check(
                        pipeline: lane.pipeline.id.description, expectation: expectation, share: $0)
                }
            }
        }
    }

    // MARK: Counting

    private static func pipeline(
        _ lane: Simulation.Lane, _ simulation: Simulation
    ) -> PipelineReport {
        let signal = lane.pipeline.signal
        let incoming = simulation.incoming[signal] ?? Simulation.ItemCounts()
        var services = simulation.services.names.enumerated().map { number, name in
            ServiceReport(
                name: name, items: Share(total: incoming[number], kept: lane.kept[number]))
        }
        var traces = TraceReport()
        if signal == .traces {
            for (position, trace) in simulation.traces.traces.enumerated() {
                let keptSpans = lane.outcomes.keptSpans(of: position)
                let isKept = keptSpans > 0
                traces.all.add(isKept: isKept)
                services[trace.service].traces.add(isKept: isKept)
                if isKept, keptSpans < trace.spanCount { traces.partial += 1 }
                if trace.hasError {
                    traces.errors.add(isKept: isKept)
                    services[trace.service].errors.add(isKept: isKept)
                }
                if trace.isLonger(than: SimulationExpectation.slowThreshold) {
                    traces.slow.add(isKept: isKept)
                    services[trace.service].slow.add(isKept: isKept)
                }
            }
            traces.decisions = decisions(lane.outcomes)
        }
        services.removeAll { $0.items == Share() && $0.traces == Share() }
        return PipelineReport(
            id: lane.pipeline.id.description, flow: lane.pipeline.flow, signal: signal,
            stages: lane.pipeline.stages,
            items: Share(total: incoming.total, kept: lane.kept.total),
            traces: signal == .traces ? traces : nil,
            services: services.sorted { $0.name < $1.name })
    }

    /// Kept ones first, then by policy and reason.
    private static func decisions(
        _ outcomes: TraceOutcomes
    ) -> [(TraceOutcomes.Decision, Int, Int)] {
        outcomes.tallies.sorted { left, right in
            let (left, right) = (left.key, right.key)
            if left.isKept != right.isKept { return left.isKept }
            return (left.policy ?? "~", left.reason) < (right.policy ?? "~", right.reason)
        }
        .map { ($0.key, $0.value.traces, $0.value.spans) }
    }

    /// `nil` if the subject means nothing for the pipeline's signal.
    private static func share(
        of subject: SimulationExpectation.Subject, _ lane: Simulation.Lane, _ simulation: Simulation
    ) -> Share? {
        let incoming = simulation.incoming[lane.pipeline.signal] ?? Simulation.ItemCounts()
        let items = Share(total: incoming.total, kept: lane.kept.total)
        guard lane.pipeline.signal == .traces else {
            switch subject {
            case .all: return items
            case .service(let name):
                let number = simulation.services.names.firstIndex(of: name) ?? -1
                guard number >= 0 else { return Share() }
                return Share(total: incoming[number], kept: lane.kept[number])
            default: return nil
            }
        }
        switch subject {
        case .spans: return items
        case .all, .traces: return traces(lane, simulation) { _ in true }
        case .errors: return traces(lane, simulation) { $0.hasError }
        case .slow(let threshold): return traces(lane, simulation) { $0.isLonger(than: threshold) }
        case .service(let name):
            let number = simulation.services.names.firstIndex(of: name) ?? -1
            return traces(lane, simulation) { $0.service == number }
        case .policy(let name): return decided(lane) { $0.policy == name }
        case .reason(let name): return decided(lane) { $0.reason == name }
        }
    }

    private static func traces(
        _ lane: Simulation.Lane, _ simulation: Simulation, _ isMeant: (TraceFacts) -> Bool
    ) -> Share {
        var share = Share()
        for (position, trace) in simulation.traces.traces.enumerated() where isMeant(trace) {
            share.add(isKept: lane.outcomes.keptSpans(of: position) > 0)
        }
        return share
    }

    /// Of all decisions, those of a kind that kept. What was decided otherwise counts as neither.
    private static func decided(
        _ lane: Simulation.Lane, _ isMeant: (TraceOutcomes.Decision) -> Bool
    ) -> Share {
        var share = Share()
        for (decision, tally) in lane.outcomes.tallies where isMeant(decision) {
            share.total += tally.traces
            if decision.isKept { share.kept += tally.traces }
        }
        return share
    }
}

extension TraceFacts {
    func isLonger(than threshold: Duration) -> Bool { nanoseconds > threshold.clampedNanoseconds }
}

/// Where two configurations decide differently about the same traces.
struct SimulationComparison {
    /// Traces that only one of two configurations keeps.
    struct Difference {
        var count = 0
        var services: [String: Int] = [:]
        /// Why the one that keeps them does: policy, or what took its place.
        var policies: [String: Int] = [:]
        var examples: [String] = []
    }

    let pipeline: String
    /// The other configuration has such a pipeline.
    let isThere: Bool
    let keptItems: Int
    let otherKeptItems: Int
    private(set) var keptByBoth = 0
    private(set) var onlyNew = Difference()
    private(set) var onlyOld = Difference()

    init(
        _ lane: Simulation.Lane, _ other: Simulation.Lane?, _ simulation: Simulation,
        exampleLimit: Int
    ) {
        pipeline = lane.pipeline.id.description
        isThere = other != nil
        keptItems = lane.kept.total
        otherKeptItems = other?.kept.total ?? 0
        guard let other, lane.pipeline.signal == .traces else { return }
        for (position, trace) in simulation.traces.traces.enumerated() {
            let service = simulation.services.names[trace.service]
            let isKept = lane.outcomes.keptSpans(of: position) > 0
            let wasKept = other.outcomes.keptSpans(of: position) > 0
            switch (isKept, wasKept) {
            case (true, true): keptByBoth += 1
            case (true, false):
                let why = Self.policy(lane.outcomes.decision(about: position))
                onlyNew.note(trace, service, why, exampleLimit)
            case (false, true):
                let why = Self.policy(other.outcomes.decision(about: position))
                onlyOld.note(trace, service, why, exampleLimit)
            case (false, false): break
            }
        }
    }

    private static func policy(_ decision: TraceOutcomes.Decision?) -> String {
        decision.map { $0.policy ?? $0.reason } ?? "not sampled by trace"
    }
}

extension SimulationComparison.Difference {
    fileprivate mutating func note(
        _ trace: TraceFacts, _ service: String, _ policy: String, _ exampleLimit: Int
    ) {
        count += 1
        services[service, default: 0] += 1
        policies[policy, default: 0] += 1
        if examples.count < exampleLimit { examples.append(trace.id.description) }
    }
}

import Configuration
import OTLP
import Pipeline
import Primitives

/// The processors of a pipeline under a clock that the recording moves.
///
/// What a stateful processor wants to do at a certain time happens at that time, in the order of
/// times, however far apart the recorded requests are.
struct SimulatedPipeline {
    let id: PipelineID
    let signal: Signal
    /// Names of receivers, processors and exporters: `otlp → batch → file`.
    let flow: String
    private(set) var stages: [SimulatedStage]
    /// What left the last processor since it was taken.
    private var delivered: [Batch] = []
    private var verdicts: [Verdict] = []
    private var now = Instant(nanoseconds: 0)

    /// How often processors may be woken while the clock runs out after the last request.
    private static let drainWakeLimit = 1_000_000

    init?(_ pipeline: Configuration.Pipeline, _ parts: Parts) {
        guard let signal = Signal(rawValue: pipeline.id.signal) else { return nil }
        id = pipeline.id
        self.signal = signal
        flow = pipeline.flow
        stages = (parts.processors[pipeline.id] ?? []).map(SimulatedStage.init)
    }

    var incoming: Int { stages.first?.incoming ?? 0 }

    /// - Precondition: `time` is not before that of an earlier call.
    mutating func give(_ batch: Batch, at time: Instant) {
        advance(to: time)
        pass([batch], from: 0)
    }

    /// Lets the clock run until nothing is held, and then gives up what still is.
    mutating func drain() {
        var wakes = 0
        while wakes < Self.drainWakeLimit, let (index, wake) = nextWake(before: .distantFuture) {
            wakes += 1
            wakeUp(index, at: wake)
        }
        for index in stages.indices {
            let output = stages[index].drain(at: now)
            verdicts += output.verdicts
            pass(output.forwarded, from: index + 1)
        }
    }

    /// Hands out what left the pipeline and what was decided since the last call.
    mutating func take() -> (delivered: [Batch], verdicts: [Verdict]) {
        defer {
            delivered.removeAll(keepingCapacity: true)
            verdicts.removeAll(keepingCapacity: true)
        }
        return (delivered, verdicts)
    }

    // MARK: Time

    private mutating func advance(to time: Instant) {
        while let (index, wake) = nextWake(before: time) { wakeUp(index, at: wake) }
        now = max(now, time)
        // Those that hold nothing have nothing to do in between, and hours may lie between
        // two requests.
        for index in stages.indices {
            if let wake = stages[index].wakeAt, wake <= now { wakeUp(index, at: now) }
        }
    }

    /// The stage that holds something and wants to be woken first, until `end`.
    private func nextWake(before end: Instant) -> (index: Int, time: Instant)? {
        var next: (index: Int, time: Instant)?
        for index in stages.indices where stages[index].heldItems > 0 {
            guard let wake = stages[index].wakeAt, wake <= end, wake < next?.time ?? .distantFuture
            else { continue }
            next = (index, wake)
        }
        return next
    }

    private mutating func wakeUp(_ index: Int, at time: Instant) {
        // A processor that wants to be woken at a time that has passed is late by this much.
        now = time > now ? time : now + .nanoseconds(1)
        let output = stages[index].advance(to: now)
        verdicts += output.verdicts
        pass(output.forwarded, from: index + 1)
    }

    private mutating func pass(_ batches: [Batch], from first: Int) {
        var batches = batches
        for index in stages.indices.dropFirst(first) {
            var next: [Batch] = []
            for batch in batches {
                let output = stages[index].process(batch, at: now)
                verdicts += output.verdicts
                next += output.forwarded
            }
            batches = next
        }
        delivered += batches
    }
}

import Configuration
import OTLP
import OTTL
import Pipeline
import Primitives

/// Drops spans, span events, metrics, data points and log records.
///
/// Documented in `docs/processors/filter.md`.
///
/// Nothing is copied where records are only dropped; of a batch of which nothing is dropped, the
/// batch itself goes on. Only the removal of events and data points rewrites, and only the spans
/// and metrics that lose some.
package struct Filter: Processor {
    package static let name = "filter"
    package static let summary = "drops telemetry that matches conditions"
    package static let state = ProcessorState.none

    private let traces: FilterRules
    private let metrics: FilterRules
    private let logs: FilterRules

    package init(from section: inout Section) {
        let mode = section.take(
            "error_mode", as: .choice(ignoringCase: true), default: ErrorMode.ignore,
            "what happens where a condition cannot be evaluated: propagate refuses the payload")
        traces = .traces(from: &section, mode)
        metrics = .metrics(from: &section, mode)
        logs = .logs(from: &section, mode)
        section.refuseUnsupported("profiles", "there is no signal for profiles")
        section.refuseUnsupported("profile_conditions", "there is no signal for profiles")
    }

    package mutating func process(_ batch: Batch, at now: Instant, into output: inout Output) {
        switch rules(of: batch.signal) {
        case .none: output.forward(batch)
        case .matching(let choice): keep(choice, batch, into: &output)
        case .conditions(let groups): apply(groups, to: batch, into: &output)
        }
    }

    private func rules(of signal: Signal) -> FilterRules {
        switch signal {
        case .traces: traces
        case .metrics: metrics
        case .logs: logs
        }
    }

    private func keep(
        _ choice: RecordChoice, _ batch: Batch, into output: inout Output
    ) {
        var pass = MatchingPass(choice, batch.signal)
        guard let kept = Self.rewritten(batch, by: &pass, into: &output) else { return }
        Self.finish(batch, kept, into: &output)
    }

    private func apply(
        _ groups: [ConditionGroup], to batch: Batch, into output: inout Output
    ) {
        let time = WallClock.nanosecondsSince1970()
        var failureCount = 0
        var kept = batch
        for group in groups {
            var pass = ConditionPass(group, batch.signal, now: time)
            guard let rest = Self.rewritten(kept, by: &pass, into: &output) else { return }
            if let refusal = pass.failures.refusal { return output.refuse(refusal) }
            failureCount += pass.failures.count
            kept = rest
        }
        output.count(
            "processor_filter_condition_errors", "conditions that could not be evaluated",
            by: failureCount)
        Self.finish(batch, kept, into: &output)
    }

    private static func rewritten(
        _ batch: Batch, by rewriter: inout some Rewriter, into output: inout Output
    ) -> Batch? {
        do throws(OTLPError) {
            return try batch.rewriting(with: &rewriter, removingEmptyGroups: true)
        } catch {
            output.refuse(
                Refusal(
                    reason: "too_large", message: "filter could not write what is left: \(error)",
                    isRetryable: false))
            return nil
        }
    }

    private static func finish(_ batch: Batch, _ kept: Batch, into output: inout Output) {
        let dropped = batch.itemCount - kept.itemCount
        output.drop(dropped, because: "filtered")
        output.count(counter(of: batch.signal), "items dropped by the filter", by: dropped)
        output.forward(kept)
    }

    private static func counter(of signal: Signal) -> String {
        switch signal {
        case .traces: "processor_filter_spans.filtered"
        case .metrics: "processor_filter_datapoints.filtered"
        case .logs: "processor_filter_logs.filtered"
        }
    }
}

/// What a filter does with one signal.
enum FilterRules: Sendable {
    /// Nothing is said about the signal.
    case none
    /// `include` and `exclude`: the form before OTTL.
    case matching(RecordChoice)
    /// Groups, one after the other over the whole batch.
    case conditions([ConditionGroup])
}

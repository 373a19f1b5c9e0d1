import Configuration
import OTLP
import OTTL
import Pipeline
import Primitives

/// Changes records with statements of OTTL.
///
/// Documented in `docs/processors/transform.md`.
///
/// What no statement changes is not copied; of the rest, each editor writes the record anew, and
/// the next statement reads that.
package struct Transform: Processor {
    package static let name = "transform"
    package static let summary = "changes telemetry with OTTL statements"
    package static let state = ProcessorState.none

    private let traces: [StatementGroup]
    private let metrics: [StatementGroup]
    private let logs: [StatementGroup]

    package init(from section: inout Section) {
        let mode = section.take(
            "error_mode", as: .choice(ignoringCase: true), default: ErrorMode.ignore,
            "what happens where a statement fails: propagate refuses the payload")
        traces = section.takeStatements(
            "trace_statements", [.resource, .scope, .span, .spanevent], mode)
        metrics = section.takeStatements(
            "metric_statements", [.resource, .scope, .metric, .datapoint], mode)
        logs = section.takeStatements("log_statements", [.resource, .scope, .log], mode)
        section.refuseUnsupported("profile_statements", "there is no signal for profiles")
        let flattens = section.take(
            "flatten_data", default: false,
            "an experiment of otelcol that is not in this build; only false is possible")
        if flattens {
            section.refuse(
                "flatten_data", "is true, but this is not in this build",
                hint: "resources can be changed from log statements without it")
        }
    }

    package mutating func process(_ batch: Batch, at now: Instant, into output: inout Output) {
        let groups = groups(of: batch.signal)
        if groups.isEmpty { return output.forward(batch) }
        let time = WallClock.nanosecondsSince1970()
        var batch = batch
        for group in groups {
            let scratch = StatementPass.Scratch()
            var pass = StatementPass(group, now: time, scratch)
            do throws(OTLPError) {
                batch = try batch.rewriting(with: &pass)
            } catch {
                let message = "transform could not write its result: \(error)"
                return output.refuse(
                    Refusal(reason: "too_large", message: message, isRetryable: false))
            }
            if let failure = scratch.bench.failure {
                return output.refuse(
                    Refusal(reason: "statement_failed", message: failure, isRetryable: false))
            }
            count(scratch.bench.failures, of: group, into: &output)
        }
        output.forward(batch)
    }

    private func groups(of signal: Signal) -> [StatementGroup] {
        switch signal {
        case .traces: traces
        case .metrics: metrics
        case .logs: logs
        }
    }

    private func count(
        _ failures: [Int], of group: StatementGroup, into output: inout Output
    ) {
        for (number, count) in failures.enumerated() where count > 0 {
            let isStatement = number < group.editings.count
            let text = isStatement ? group.editings[number].statement.text : "conditions"
            output.count(
                "processor_transform_errors", "statements that failed and were passed over",
                [("statement", text)], by: count)
        }
    }
}

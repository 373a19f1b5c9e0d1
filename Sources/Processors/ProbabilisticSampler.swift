import Configuration
import OTLP
import Pipeline
import Primitives

/// Keeps a percentage of traces, or of log records, decided from what the records themselves say.
///
/// Documented in `docs/processors/probabilistic_sampler.md`.
package struct ProbabilisticSampler: Processor {
    package static let name = "probabilistic_sampler"
    package static let summary = "keeps a percentage of traces or log records"
    package static let signals: Set<Signal> = [.traces, .logs]
    package static let state = ProcessorState.none

    private let rule: SamplingRule
    private let logs: LogSamplingOptions

    package init(from section: inout Section) {
        let percentage = section.take(
            "sampling_percentage", as: .percentage, default: 0,
            "how many percent are kept; 100 and more keep everything, 0 nothing without a priority")
        let seed = section.take(
            "hash_seed", default: 0, in: 0...Int(UInt32.max),
            "mixed into the hash of the mode hash_seed; the same in collectors that share traces")
        let mode = section.take(
            "mode", default: SamplingRule.Mode.hashSeed,
            "where randomness comes from and what an arriving probability means")
        let failsClosed = section.take(
            "fail_closed", default: true,
            "whether records that no probability can be told for are dropped")
        let precision = section.take(
            "sampling_precision", default: 4, in: 1...14,
            "hexadecimal digits of the thresholds that are computed")
        rule = SamplingRule(
            mode: mode, percentage: percentage, seed: UInt32(truncatingIfNeeded: seed),
            failsClosed: failsClosed, precision: precision)
        logs = LogSamplingOptions(from: &section, rule)
        if section.signal != nil, !section.contains("sampling_percentage") {
            section.warn(
                "has no sampling_percentage, so that nothing is kept but what has a priority",
                hint: "write a percentage such as sampling_percentage: 10")
        }
    }

    package mutating func process(_ batch: Batch, at now: Instant, into output: inout Output) {
        if batch.signal == .traces {
            var sampler = SpanSampler(rule)
            forward(batch, with: &sampler, into: &output)
            count(sampler.tally, of: .traces, into: &output)
        } else {
            var sampler = LogSampler(rule, logs)
            forward(batch, with: &sampler, into: &output)
            count(sampler.tally, of: .logs, into: &output)
        }
    }

    private func forward(
        _ batch: Batch, with sampler: inout some Rewriter, into output: inout Output
    ) {
        do {
            let kept = try batch.rewriting(with: &sampler, removingEmptyGroups: true)
            output.drop(batch.itemCount - kept.itemCount, because: "not_sampled")
            output.forward(kept)
        } catch {
            output.refuse(
                Refusal(
                    reason: "too_large",
                    message: "probabilistic_sampler could not write what is left: \(error)",
                    isRetryable: false))
        }
    }

    private static let spanCounter = "processor_probabilistic_sampler_count_traces_sampled"
    private static let logCounter = "processor_probabilistic_sampler_count_logs_sampled"

    private func count(_ tally: SamplingTally, of signal: Signal, into output: inout Output) {
        tally.forEach { source, isKept, count in
            output.count(
                signal == .traces ? Self.spanCounter : Self.logCounter,
                "spans or log records decided on, by where their randomness came from",
                [
                    ("policy", source.policy(logs.attribute)),
                    ("sampled", isKept ? "true" : "false"),
                ], by: count)
        }
    }
}

extension OptionType where Value == Float {
    /// A percentage with 32 bits, as otelcol reads it: 0, or enough to be a probability.
    fileprivate static var percentage: OptionType {
        OptionType(
            "number", range: "of at least 0",
            read: { (node) throws(Mismatch) in
                guard let number = node.number, number.isFinite else {
                    throw .expected("a percentage such as 10 or 0.5", found: node)
                }
                let value = Float(number)
                if value < 0 { throw .expected("a percentage of at least 0", found: node) }
                if value > 0, Double(value) / 100 < Threshold.smallestProbability {
                    throw .expected(
                        "0 or at least 100 / 2^56, the smallest percentage there is", found: node)
                }
                return value
            }, show: { .scalar($0 == $0.rounded() ? "\(Int($0))" : "\($0)") })
    }
}

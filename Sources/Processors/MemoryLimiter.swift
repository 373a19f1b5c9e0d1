import Configuration
import OTLP
import Pipeline
import Primitives

/// Refuses records while the daemon uses too much memory, so that senders keep them and nothing is
/// lost to the kernel's OOM killer.
///
/// Documented in `docs/processors/memory_limiter.md`. The rule is in `MemoryCheck`, which the
/// daemon runs.
package struct MemoryLimiter: Processor {
    package static let name = "memory_limiter"
    package static let summary = "refuses records while memory is short"
    package static let state = ProcessorState.none

    private let check: MemoryCheck

    package init(from section: inout Section) {
        let options = Options(from: &section)
        options.validate(&section)
        let (hard, spike) = options.limits(&section)
        check = MemoryCheck(
            interval: options.interval, softLimit: hard - spike, hardLimit: hard,
            softPause: options.softPause, hardPause: options.hardPause)
    }

    package var memoryCheck: MemoryCheck? { check }

    package var standingRefusal: Refusal? { check.refusesUnread ? Self.refusal : nil }

    package mutating func process(_ batch: Batch, at now: Instant, into output: inout Output) {
        let refuses = check.refuses
        let verb = refuses ? "refused" : "accepted"
        output.count(
            "processor_memory_limiter_\(verb)_\(Self.unit(batch.signal))",
            "Records \(verb) by the memory limiter.", by: batch.itemCount)
        if refuses {
            output.refuse(Self.refusal)
        } else {
            output.forward(batch)
        }
    }

    private static let refusal = Refusal(
        reason: "memory", message: "data refused due to high memory usage",
        retryAfter: .seconds(1))

    private static func unit(_ signal: Signal) -> String {
        switch signal {
        case .traces: "spans"
        case .metrics: "metric_points"
        case .logs: "log_records"
        }
    }
}

/// The options as they are written.
private struct Options {
    let interval: Duration
    let limitMiB: Int
    let spikeMiB: Int
    let limitPercentage: Int
    let spikePercentage: Int
    let softPause: MemoryCheck.Pause
    let hardPause: MemoryCheck.Pause

    init(from section: inout Section) {
        interval =
            section.takeRequired(
                "check_interval", as: .duration(in: .milliseconds(1) ... .seconds(3600)),
                "how often memory is measured; 1s is good") ?? .seconds(1)
        limitMiB = section.take(
            "limit_mib", default: 0, in: 0...Int(UInt32.max), "the hard limit, in MiB")
        spikeMiB = section.take(
            "spike_limit_mib", default: 0, in: 0...Int(UInt32.max),
            "how far below the hard limit refusing starts, in MiB; 0 means a fifth of it")
        limitPercentage = section.take(
            "limit_percentage", default: 0, in: 0...100,
            "the hard limit in percent of the memory there is; counts if limit_mib is 0")
        spikePercentage = section.take(
            "spike_limit_percentage", default: 0, in: 0...100,
            "as spike_limit_mib, in percent of the memory there is")
        let bounds: ClosedRange<Duration> = .zero ... .seconds(86_400)
        let softShortest = section.take(
            "min_gc_interval_when_soft_limited", default: .seconds(10), in: bounds,
            "between the soft and the hard limit, free memory is given back no more often than this"
        )
        let hardShortest = section.take(
            "min_gc_interval_when_hard_limited", default: .zero, in: bounds,
            "the same above the hard limit")
        let softLongest = section.take(
            "max_gc_interval_when_soft_limited", default: .seconds(30), in: bounds,
            "the longest pause when giving back does not help; 0 keeps the shortest")
        let hardLongest = section.take(
            "max_gc_interval_when_hard_limited", default: .seconds(30), in: bounds,
            "the same above the hard limit")
        softPause = MemoryCheck.Pause(shortest: softShortest, longest: softLongest)
        hardPause = MemoryCheck.Pause(shortest: hardShortest, longest: hardLongest)
    }

    func validate(_ section: inout Section) {
        if limitMiB == 0 && limitPercentage == 0 && !section.isDescribing {
            section.refuse(
                "needs limit_mib or limit_percentage, greater than 0",
                hint: "write limit_percentage: 80")
        }
        if limitMiB > 0 && limitMiB <= spikeMiB {
            section.refuse(
                "spike_limit_mib",
                "is \(spikeMiB), but must be smaller than limit_mib, which is \(limitMiB)")
        }
        if limitPercentage > 0 && limitPercentage <= spikePercentage {
            section.refuse(
                "spike_limit_percentage",
                """
                is \(spikePercentage), but must be smaller than limit_percentage, which is \
                \(limitPercentage)
                """)
        }
        validatePauses(&section)
    }

    private func validatePauses(_ section: inout Section) {
        if softPause.shortest < hardPause.shortest {
            section.refuse(
                "min_gc_interval_when_soft_limited",
                "must not be less than min_gc_interval_when_hard_limited")
        }
        for (pause, level) in [(softPause, "soft"), (hardPause, "hard")]
        where pause.longest > .zero && pause.longest < pause.shortest {
            section.refuse(
                "max_gc_interval_when_\(level)_limited",
                "must not be less than min_gc_interval_when_\(level)_limited, unless it is 0")
        }
        if softPause.longest > .zero && hardPause.longest > .zero
            && softPause.longest < hardPause.longest
        {
            section.refuse(
                "max_gc_interval_when_soft_limited",
                "must not be less than max_gc_interval_when_hard_limited")
        }
    }

    /// The hard limit and the distance of the soft one below it, in bytes.
    func limits(_ section: inout Section) -> (hard: Int, spike: Int) {
        if limitMiB > 0 {
            let hard = limitMiB << 20
            return (hard, spikeMiB > 0 ? min(spikeMiB << 20, hard) : hard / 5)
        }
        // A mistake that has been reported.
        guard limitPercentage > 0 else { return (.max, 0) }
        guard let memory = MachineMemory.limit() else {
            section.refuse(
                "limit_percentage",
                "cannot be used: the system does not say how much memory it has",
                hint: "write limit_mib")
            return (.max, 0)
        }
        let hard = memory / 100 * limitPercentage
        return (hard, spikePercentage > 0 ? memory / 100 * spikePercentage : hard / 5)
    }
}

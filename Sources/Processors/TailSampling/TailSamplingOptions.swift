import Configuration
import Primitives

/// What can be configured of `tail_sampling` besides its policies.
struct TailSamplingOptions: Sendable {
    enum Strategy: String, CaseIterable {
        case traceComplete = "trace-complete"
        case spanIngest = "span-ingest"
    }

    /// Decisions fall on multiples of this: few enough batches, and not much longer in memory.
    static let tick = Duration.milliseconds(100)
    /// As many entries as the caches have at most if nothing is said.
    private static let largestDefaultCache = 1 << 20

    let wait: Duration
    /// `nil` if a root span changes nothing.
    let rootWait: Duration?
    var traceLimit: Int
    let expectedTracesPerSecond: Int
    var keptCacheSize: Int
    var droppedCacheSize: Int
    /// 0 is no limit.
    let traceSizeLimit: Int
    let dropsPending: Bool
    /// 0 is no limit.
    var memoryBudget: Int
    let decidesEarly: Bool
    var logSize: Int
    let recordsPolicy: Bool
    /// Policies are asked of what arrives together, at once.
    let decidesAtIngest: Bool

    init(from section: inout Section) {
        wait = section.take(
            "decision_wait", default: .seconds(30), in: .zero ... .seconds(86_400),
            "the time from a trace's first span to its decision")
        let rootWait = section.take(
            "decision_wait_after_root_received", default: .zero, in: .zero ... .seconds(86_400),
            "the time from a trace's root span to its decision, if that is earlier; 0 is off")
        self.rootWait = rootWait > .zero ? rootWait : nil
        traceLimit = section.take(
            "num_traces", default: 50_000, in: 1...Int(Int32.max),
            "undecided traces held at a time; one more, and the oldest is decided early")
        expectedTracesPerSecond = section.take(
            "expected_new_traces_per_sec", default: 0, in: 0...Int(Int32.max),
            "has no effect here: nothing has to be sized beforehand")
        (keptCacheSize, droppedCacheSize) = Self.cacheSizes(from: &section, traceLimit)
        traceSizeLimit =
            section.take(
                "maximum_trace_size_bytes", as: .byteCount(in: .bytes(0) ... .bytes(.max)),
                default: .bytes(0),
                "larger traces are dropped as soon as they are; 0 is no limit"
            ).bytes
        dropsPending = section.take(
            "drop_pending_traces_on_shutdown", default: false,
            "whether undecided traces are dropped when the daemon stops, rather than decided")
        memoryBudget =
            section.take(
                "memory_budget", as: .byteCount(in: .bytes(0) ... .bytes(.max)), default: .bytes(0),
                "the memory that waiting spans may use; beyond it the oldest traces are decided early; "
                    + "0 is no limit"
            ).bytes
        decidesEarly = section.take(
            "decide_early", default: false,
            "whether a trace is decided as soon as nothing still to come can change the outcome")
        logSize = section.take(
            "decision_log_size", default: 10_000, in: 0...10_000_000,
            "decisions remembered with their reasons, for `martlet why`")
        recordsPolicy = section.take(
            "record_policy", default: false,
            "whether the scopes of kept spans get the attribute tailsampling.policy")
        let strategy = section.take(
            "sampling_strategy", default: Strategy.traceComplete,
            "when policies are asked: of whole traces, or of each trace's spans as they arrive")
        decidesAtIngest = strategy == .spanIngest
        Self.takeUnused(from: &section)
    }

    private static func cacheSizes(
        from section: inout Section, _ traceLimit: Int
    ) -> (kept: Int, dropped: Int) {
        let (kept, dropped) = section.takeSection(
            "decision_cache", "how many decisions are remembered for spans that come late"
        ) { section in
            (
                section.take(
                    "sampled_cache_size", default: 0, in: 0...Int(Int32.max),
                    "kept traces remembered; 0 is as many as num_traces"),
                section.take(
                    "non_sampled_cache_size", default: 0, in: 0...Int(Int32.max),
                    "dropped traces remembered; 0 is three times as many as num_traces")
            )
        }
        return (
            kept > 0 ? kept : min(traceLimit, largestDefaultCache),
            dropped > 0 ? dropped : min(traceLimit * 3, largestDefaultCache)
        )
    }

    /// Options of otelcol that have no use, or are not there.
    private static func takeUnused(from section: inout Section) {
        let blocks = section.take(
            "block_on_overflow", default: false,
            "taken, but not done: at num_traces the oldest trace is decided early")
        if blocks {
            section.warn(
                "block_on_overflow",
                "does not block: at num_traces the oldest trace is decided early",
                hint: "nothing is lost; raise num_traces or set memory_budget for more room")
        }
        section.refuseUnsupported(
            "tail_storage", "waiting spans are held in memory",
            hint: "memory_budget bounds what they use")
    }

    /// Whether it matters which traces an input has touched.
    @inline(__always)
    var looksAtInputs: Bool { decidesEarly || decidesAtIngest }

    /// The options of one of so many parts of a processor.
    func divided(by count: Int) -> TailSamplingOptions {
        var share = self
        share.traceLimit = max(1, (traceLimit + count - 1) / count)
        share.keptCacheSize = (keptCacheSize + count - 1) / count
        share.droppedCacheSize = (droppedCacheSize + count - 1) / count
        share.logSize = (logSize + count - 1) / count
        share.memoryBudget = (memoryBudget + count - 1) / count
        return share
    }
}

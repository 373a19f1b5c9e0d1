import ComponentTesting
import Configuration
import OTLP
import Pipeline
import Primitives
import Processors
import TestSupport
import Testing

struct MemoryLimiterTests {
    private func messages(_ yaml: String) -> [String] {
        SectionText(yaml, path: "processors.memory_limiter") { MemoryLimiter(from: &$0) }.messages
    }

    private func limits(_ yaml: String) throws -> [Int] {
        let made = SectionText(yaml, path: "processors.memory_limiter") {
            MemoryLimiter(from: &$0)
        }
        #expect(made.report.isEmpty)
        let check = try #require(made.value.memoryCheck)
        return [check.softLimit, check.hardLimit]
    }

    @Test func `the soft limit is a fifth below the hard one unless said otherwise`() throws {
        #expect(try limits("{check_interval: 1s, limit_mib: 500}") == [400 << 20, 500 << 20])
        #expect(
            try limits("{check_interval: 1s, limit_mib: 512, spike_limit_mib: 128}")
                == [384 << 20, 512 << 20])
    }

    @Test func `percentages are of the memory there is`() throws {
        let memory = try #require(MachineMemory.limit())

        let limits = try limits(
            "{check_interval: 1s, limit_percentage: 50, spike_limit_percentage: 10}")

        #expect(limits == [memory / 100 * 40, memory / 100 * 50])
    }

    @Test(
        "what cannot be meant is an error",
        arguments: [
            ("{limit_mib: 100}", "check_interval must be given"),
            ("{check_interval: 1s}", "needs limit_mib or limit_percentage, greater than 0"),
            (
                "{check_interval: 1s, limit_mib: 100, spike_limit_mib: 100}",
                "spike_limit_mib is 100, but must be smaller than limit_mib, which is 100"
            ),
            (
                "{check_interval: 1s, limit_percentage: 20, spike_limit_percentage: 20}",
                "spike_limit_percentage is 20, but must be smaller than limit_percentage, which is 20"
            ),
            (
                "{check_interval: 1s, limit_mib: 9, min_gc_interval_when_hard_limited: 20s}",
                "min_gc_interval_when_soft_limited must not be less than min_gc_interval_when_hard_limited"
            ),
            (
                "{check_interval: 1s, limit_mib: 9, max_gc_interval_when_soft_limited: 5s}",
                "max_gc_interval_when_soft_limited must not be less than min_gc_interval_when_soft_limited, unless it is 0"
            ),
        ])
    func mistakes(yaml: String, message: String) {
        #expect(messages(yaml).contains { $0.hasSuffix(message) }, "\(messages(yaml))")
    }

    @Test func `with room it passes records on and counts them`() {
        var processor = SectionText("{check_interval: 1s, limit_mib: 1000000}", path: "p") {
            MemoryLimiter(from: &$0)
        }.value
        var output = Output()

        processor.process(.numbered(0..<3), at: .now(), into: &output)

        #expect(output.forwarded.map(\.itemNumbers) == [[0, 1, 2]])
        #expect(output.counts.map(\.name) == ["processor_memory_limiter_accepted_spans"])
        #expect(output.counts.map(\.value) == [3])
    }

    // The bodies of this very test are more than the limit.
    @Test func `what arrives between two checks counts at once`() throws {
        let ballast = Body([UInt8](repeating: 1, count: 3 << 20))
        var processor = SectionText("{check_interval: 1s, limit_mib: 2}", path: "p") {
            MemoryLimiter(from: &$0)
        }.value
        var output = Output()

        processor.process(.numbered(0..<3), at: .now(), into: &output)

        let refusal = try #require(output.refusal)
        #expect(refusal.isRetryable)
        #expect(refusal.retryAfter == .seconds(1))
        #expect(refusal.message == "data refused due to high memory usage")
        #expect(processor.standingRefusal == refusal)
        #expect(ballast.count == 3 << 20)
    }
}

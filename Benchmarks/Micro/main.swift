// Figures of the data plane: nanoseconds an item and allocations a body, on one thread.
//
//     swift run -c release OTLPBenchmark [--only text] [corpus file]
//
// `--only` runs the lines whose names contain the text, for a profiler. Each line is the fastest of
// several rounds, since noise only adds. Allocations do not depend on the machine: more than the
// limit beside a line make the program exit with 1.

import AllocationCount
import Configuration
import Glibc
import OTLP
import Pipeline
import Primitives
import Processors

/// Takes results, so that what is measured cannot be left out.
nonisolated(unsafe) var sink = 0
nonisolated(unsafe) var exceededLimits = 0

var arguments = CommandLine.arguments.dropFirst()
let only: String? = arguments.first == "--only" ? arguments.dropFirst().first : nil
if only != nil { arguments = arguments.dropFirst(2) }

/// Bodies of one signal, and what is measured with them.
struct Subject {
    let name: String
    let signal: Signal
    let bodies: [Body]

    private var itemCount: Int { bodies.reduce(0) { $0 + batch($1).itemCount } }

    func run() {
        let items = max(itemCount, 1)
        let size = bodies.reduce(0) { $0 + $1.count } / items
        print("\(name): \(bodies.count) bodies, \(items) items, \(size) bytes an item")
        func line(_ what: String, allocationLimit limit: Double, _ work: () -> Int) {
            if only.map({ what.contains($0) }) ?? true { measure(what, items, limit, work) }
        }
        line("copy of the bytes", allocationLimit: 2) {
            bodies.reduce(0) { $0 + Body(copying: $1.bytes).count }
        }
        line("validate", allocationLimit: 3) { bodies.reduce(0) { $0 + batch($1).itemCount } }
        line("validate, encode each", allocationLimit: 4) {
            bodies.reduce(0) { $0 + batch($1).encoded().count }
        }
        let batches = bodies.map { batch($0) }
        let texts = batches.map { json($0) }
        line("read JSON, validate", allocationLimit: 6) {
            texts.reduce(0) {
                $0 + ((try? Batch(json: $1.bytes, as: signal))?.itemCount ?? 0)
            }
        }
        line("write JSON", allocationLimit: 6) { batches.reduce(0) { $0 + json($1).count } }
        line("join, encode (resources merged)", allocationLimit: 3) {
            joined(batches).encoded().count
        }
        line("join, split by 100, encode", allocationLimit: 140) {
            var all = joined(batches)
            var count = 0
            while !all.isEmpty { count += all.removeFirst(items: 100).encoded().count }
            return count
        }
        if signal == .traces { runProcessors(batches) { line($0, allocationLimit: $1, $2) } }
        line("select every third, encode", allocationLimit: 8) {
            var number = 0
            return joined(batches).selecting { _ in
                number += 1
                return number % 3 == 0
            }.encoded().count
        }
        let attributes = Processing.make(AttributesProcessor.self, Processing.attributes)
        line("attributes: insert, hash, delete", allocationLimit: 24) {
            Processing.run(attributes, batches)
        }
        let resource = Processing.make(ResourceProcessor.self, Processing.resource)
        line("resource: upsert", allocationLimit: 40) { Processing.run(resource, batches) }
    }

    /// What processors without state do to batches that have been read.
    private func runProcessors(_ batches: [Batch], _ line: (String, Double, () -> Int) -> Void) {
        var sampler: ProbabilisticSampler = processor("{sampling_percentage: 10}")
        line("probabilistic_sampler 10 %", 32) { items(of: batches, through: &sampler) }
    }

    private func items(of batches: [Batch], through processor: inout some Processor) -> Int {
        var count = 0
        for batch in batches {
            var output = Output()
            processor.process(batch, at: Instant(nanoseconds: 0), into: &output)
            count += output.forwardedItems
        }
        return count
    }

    private func processor<P: Processor>(_ yaml: String) -> P {
        let diagnostics = Diagnostics()
        let tree = ConfigurationTree.load(
            [.file("c")],
            in: Surroundings(variable: { _ in nil }, file: { _ in .success(Array(yaml.utf8)) }),
            reportingTo: diagnostics)
        var section = Section(tree.root, path: P.name, reportingTo: diagnostics)
        defer { if diagnostics.hasErrors { fatalError(diagnostics.rendered()) } }
        return P(from: &section)
    }

    private func batch(_ body: Body) -> Batch {
        guard let batch = try? Batch(validating: body, as: signal) else {
            fatalError("the benchmark's own input was refused")
        }
        return batch
    }

    private func json(_ batch: Batch) -> Body {
        var buffer = ByteBuffer(capacity: batch.byteCount * 3)
        batch.appendJSON(to: &buffer)
        return buffer.freeze()
    }

    private func joined(_ batches: [Batch]) -> Batch {
        var all = Batch(signal)
        for batch in batches { all.append(batch) }
        return all
    }

    /// Of the processor, so that a busy machine matters less.
    private func threadTime() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    private func measure(_ what: String, _ items: Int, _ limit: Double, _ work: () -> Int) {
        sink &+= work()
        var best = UInt64.max
        for _ in 0..<15 {
            let start = threadTime()
            sink &+= work()
            best = min(best, threadTime() - start)
        }
        let before = allocation_count()
        sink &+= work()
        let allocations = Double(allocation_count() - before) / Double(bodies.count)
        let isTooMany = allocations > limit
        if isTooMany { exceededLimits += 1 }
        print(
            "  " + what + String(repeating: " ", count: max(1, 36 - what.utf8.count)),
            "\((Double(best) * 10 / Double(items)).rounded() / 10) ns/item ",
            "\((allocations * 100).rounded() / 100) allocations/body",
            isTooMany ? "\n  error: at most \(limit) allocations a body are allowed" : "")
    }
}

var source = TraceSource(seed: 1)
if let path = arguments.first {
    let corpus = Corpus.read(path, bodyLimit: 4_000)
    Subject(name: "corpus", signal: corpus.signal, bodies: corpus.bodies).run()
} else {
    for (name, bodies) in [
        ("512 spans, 1 resource", (0..<16).map { _ in source.request(spans: 512) }),
        (
            "512 spans, 16 resources",
            (0..<16).map { _ in source.request(spans: 512, resources: 16) }
        ),
        ("1 span", (0..<8_192).map { _ in source.request(spans: 1) }),
    ] {
        Subject(name: name, signal: .traces, bodies: bodies).run()
    }
}
exit(exceededLimits == 0 && sink != 0 ? 0 : 1)

// Figures of the data plane: nanoseconds a span and allocations a body, on one thread.
//
//     swift run -c release OTLPBenchmark [--only text] [corpus file]
//
// `--only` runs the lines whose names contain the text, for a profiler.
// Each line is the fastest of several rounds, since noise only adds.

import AllocationCount
import OTLP
import Primitives

/// Takes results, so that what is measured cannot be left out.
nonisolated(unsafe) var sink = 0

var arguments = CommandLine.arguments.dropFirst()
let only: String? = arguments.first == "--only" ? arguments.dropFirst().first : nil
if only != nil { arguments = arguments.dropFirst(2) }

func measure(_ name: String, spans: Int, bodies: Int, _ work: () -> Int) {
    if let only, !name.contains(only) { return }
    sink &+= work()
    var best = UInt64.max
    for _ in 0..<15 {
        let start = Instant.now()
        sink &+= work()
        best = min(best, Instant.now().nanoseconds - start.nanoseconds)
    }
    let before = allocation_count()
    sink &+= work()
    let allocations = Double(allocation_count() - before) / Double(bodies)
    let tenths = (Double(best) * 10 / Double(spans)).rounded() / 10
    let name = name + String(repeating: " ", count: max(0, 44 - name.utf8.count))
    print("\(name) \(tenths) ns/span  \((allocations * 100).rounded() / 100) allocations/body")
}

func batch(_ body: Body) -> Batch {
    guard let batch = try? Batch(validating: body, as: .traces) else {
        fatalError("the benchmark's own input was refused")
    }
    return batch
}

func joined(_ batches: [Batch]) -> Batch {
    var all = Batch(.traces)
    for batch in batches { all.append(batch) }
    return all
}

func run(_ name: String, _ bodies: [Body]) {
    let batches = bodies.map { batch($0) }
    let spans = batches.reduce(0) { $0 + $1.itemCount }
    let size = bodies.reduce(0) { $0 + $1.count }
    print("\(name): \(bodies.count) bodies, \(spans) spans, \(size / max(spans, 1)) bytes a span")
    func line(_ what: String, _ work: () -> Int) {
        measure("  \(what)", spans: spans, bodies: bodies.count, work)
    }
    line("copy of the bytes") { bodies.reduce(0) { $0 + Body(copying: $1.bytes).count } }
    line("validate") { bodies.reduce(0) { $0 + batch($1).itemCount } }
    line("validate, encode each") { bodies.reduce(0) { $0 + batch($1).encoded().count } }
    line("join, encode (resources merged)") { joined(batches).encoded().count }
    line("join, split by 100, encode") {
        var all = joined(batches)
        var count = 0
        while !all.isEmpty { count += all.removeFirst(items: 100).encoded().count }
        return count
    }
}

var source = TraceSource(seed: 1)
if let path = arguments.first {
    run("corpus", Corpus.bodies(of: path, limit: 4_000))
} else {
    run("512 spans, 1 resource", (0..<16).map { _ in source.request(spans: 512) })
    run("512 spans, 16 resources", (0..<16).map { _ in source.request(spans: 512, resources: 16) })
    run("1 span", (0..<8_192).map { _ in source.request(spans: 1) })
}
print(sink == 0 ? "nothing was measured" : "")

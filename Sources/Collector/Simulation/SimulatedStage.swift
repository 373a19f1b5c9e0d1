import OTLP
import Pipeline
import Primitives

/// A processor of a simulated pipeline, and the books about what it did.
struct SimulatedStage {
    let id: String
    /// It guards the daemon's own memory, of which a recording says nothing.
    let isBypassed: Bool
    private var processor: any Processor
    private(set) var incoming = 0
    private(set) var outgoing = 0
    private(set) var dropped: [String: Int] = [:]
    /// What it counted besides records, by name and labels.
    private(set) var counters: [String: Double] = [:]

    init(_ placed: Parts.PlacedProcessor) {
        id = placed.id
        processor = placed.processor
        isBypassed = placed.id.prefix { $0 != "/" } == "memory_limiter"
    }

    var wakeAt: Instant? { isBypassed ? nil : processor.wakeAt }
    var heldItems: Int { isBypassed ? 0 : processor.heldItems }

    mutating func process(_ batch: Batch, at now: Instant) -> Output {
        incoming += batch.itemCount
        var output = Output(collectingVerdicts: true)
        if isBypassed {
            output.forward(batch)
        } else {
            processor.process(batch, at: now, into: &output)
        }
        if let refusal = output.refusal { dropped[refusal.reason, default: 0] += batch.itemCount }
        note(output)
        return output
    }

    mutating func advance(to now: Instant) -> Output {
        var output = Output(collectingVerdicts: true)
        processor.advance(to: now, into: &output)
        note(output)
        return output
    }

    mutating func drain(at now: Instant) -> Output {
        var output = Output(collectingVerdicts: true)
        if !isBypassed { processor.drain(at: now, into: &output) }
        note(output)
        return output
    }

    private mutating func note(_ output: Output) {
        outgoing += output.forwardedItems
        for drop in output.dropped { dropped[drop.reason, default: 0] += drop.count }
        for count in output.counts {
            let labels = count.labels.map { "\($0.name)=\"\($0.value)\"" }.joined(separator: ",")
            let name = labels.isEmpty ? count.name : "\(count.name){\(labels)}"
            counters[name, default: 0] += count.value
        }
    }
}

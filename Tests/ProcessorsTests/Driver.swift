import ComponentTesting
import Configuration
import OTLP
import Pipeline
import Primitives

/// Runs a processor as a stage would, on a clock that the test moves.
struct Driver<P: Processor> {
    private(set) var processor: P
    private(set) var now = Instant(nanoseconds: 1_000_000_000_000)
    /// The item numbers of every batch that was forwarded, with the time since the start.
    private(set) var sent: [Sending] = []
    private(set) var incoming = 0
    private(set) var dropped = 0
    /// By reason.
    private(set) var drops: [String: Int] = [:]
    private(set) var batches: [Batch] = []
    private let start = Instant(nanoseconds: 1_000_000_000_000)

    struct Sending: Equatable, CustomStringConvertible {
        let time: Duration
        let items: [Int]

        var description: String { "\(items) after \(time)" }
    }

    init(_ processor: P) {
        self.processor = processor
    }

    mutating func give(_ batch: Batch) {
        incoming += batch.itemCount
        var output = Output()
        processor.process(batch, at: now, into: &output)
        note(output)
    }

    /// Lets time pass; the processor is woken exactly when it wants to be.
    mutating func wait(_ duration: Duration) {
        let end = now + duration
        while let wake = processor.wakeAt, wake <= end {
            now = max(now, wake)
            advance()
        }
        now = end
    }

    /// Wakes the processor, whether it wants to be or not.
    mutating func advance() {
        var output = Output()
        processor.advance(to: now, into: &output)
        note(output)
    }

    /// Lets time pass without waking it, as when the machine is busy.
    mutating func oversleep(_ duration: Duration) {
        now = now + duration
    }

    mutating func drain() {
        var output = Output()
        processor.drain(at: now, into: &output)
        note(output)
    }

    private mutating func note(_ output: Output) {
        for batch in output.forwarded {
            sent.append(Sending(time: now - start, items: batch.itemNumbers))
        }
        batches += output.forwarded
        dropped += output.dropped.reduce(0) { $0 + $1.count }
        for (reason, count) in output.dropped { drops[reason, default: 0] += count }
    }

    /// What a measurement says whose name ends so, with a label of this value if one is given.
    func value(_ name: String, _ label: String? = nil) -> Double? {
        processor.measurements.first { measurement in
            measurement.name.hasSuffix(name)
                && (label == nil || measurement.labels.contains { $0.value == label })
        }?.value
    }

    var sentItems: [Int] { sent.flatMap(\.items) }
    var sentSizes: [Int] { sent.map(\.items.count) }

    /// Items whose whereabouts are unknown.
    var unaccounted: Int { incoming - sentItems.count - dropped - processor.heldItems }
}

extension Driver {
    /// A processor made from the text of its section, which must have no mistake.
    init(_ yaml: String) {
        let made = SectionText(yaml, path: "processors.\(P.name)") { P(from: &$0) }
        precondition(made.report.isEmpty, made.report)
        self.init(made.value)
    }
}

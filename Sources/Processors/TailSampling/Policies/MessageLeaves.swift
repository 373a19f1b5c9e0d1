import OTLP
import Primitives

/// The leaves that look at rarer fields of spans: flags and tracestate.
struct MessageLeaves: Sendable {
    private struct TraceStateLeaf {
        let key: [UInt8]
        let values: ByteStringSet
        let bit: FactBit
    }

    private static let sampledFlag: UInt32 = 1

    private var flagBits: [FactBit] = []
    private var traceStateLeaves: [TraceStateLeaf] = []

    var isEmpty: Bool { flagBits.isEmpty && traceStateLeaves.isEmpty }

    mutating func addFlags(_ bit: FactBit) { flagBits.append(bit) }

    mutating func addTraceState(_ key: String, _ values: [String], _ bit: FactBit) {
        let key = Array(key.utf8)
        // otelcol leaves out the empty ones and those that would be too long.
        let usable = values.filter { !$0.isEmpty && $0.utf8.count + key.count < 256 }
        traceStateLeaves.append(
            TraceStateLeaf(key: key, values: ByteStringSet(usable), bit: bit))
    }

    func note(_ record: borrowing Record, in facts: inout MutableSpan<UInt64>) {
        noteFlags(record, in: &facts)
        noteTraceState(record, in: &facts)
    }

    private func noteFlags(_ record: borrowing Record, in facts: inout MutableSpan<UInt64>) {
        guard let first = flagBits.first, !facts.isSet(first) else { return }
        let flags = record.message.fixed32(SpanTag.flags) ?? 0
        guard flags & Self.sampledFlag != 0 else { return }
        for bit in flagBits { facts.set(bit) }
    }

    private func noteTraceState(_ record: borrowing Record, in facts: inout MutableSpan<UInt64>) {
        guard hasOpenTraceState(facts) else { return }
        let message = record.message
        guard let text = message.payload(SpanTag.traceState), text.byteCount > 0 else { return }
        for position in traceStateLeaves.indices {
            let key = traceStateLeaves[position].key
            let value = TraceStateText.value(of: key.span.bytes, in: text)
            guard let value, traceStateLeaves[position].values.contains(value) else { continue }
            facts.set(traceStateLeaves[position].bit)
        }
    }

    private func hasOpenTraceState(_ facts: borrowing MutableSpan<UInt64>) -> Bool {
        for position in traceStateLeaves.indices
        where !facts.isSet(traceStateLeaves[position].bit) {
            return true
        }
        return false
    }
}

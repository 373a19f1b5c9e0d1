import OTLP
import Primitives

/// Batches whose items carry numbers, so that a test can say which of them arrived where, and in
/// which order.
extension Batch {
    /// Spans, data points or log records with these numbers, of one resource and scope.
    package static func numbered(_ numbers: Range<Int>, _ signal: Signal = .traces) -> Batch {
        let (count, first) = (numbers.count, numbers.lowerBound)
        let bytes =
            switch signal {
            case .traces: Payloads.traces(spans: count, first: first)
            case .metrics: Payloads.metrics(points: count, first: first)
            case .logs: Payloads.logs(records: count, first: first)
            }
        do {
            return try Batch(validating: Body(bytes), as: signal)
        } catch {
            preconditionFailure("a payload of the tests is not valid: \(error)")
        }
    }

    /// The numbers of its items, in order.
    package var itemNumbers: [Int] {
        var numbers: [Int] = []
        forEachRecord { record in
            switch signal {
            case .traces: numbers.append(Self.number(in: record.message.payload(Tag.name)))
            case .logs:
                let text = record.message.message(Tag.body)?.payload(Tag.first)
                numbers.append(Self.number(in: text))
            case .metrics:
                guard var points = record.message.message(Tag.gauge)?.messages(Tag.first) else {
                    return
                }
                while let point = points.next() {
                    numbers.append(Int(truncatingIfNeeded: point.fixed64(Tag.value) ?? 0))
                }
            }
        }
        return numbers
    }

    /// The number at the end of a text such as `span-12`.
    private static func number(in text: RawSpan?) -> Int {
        guard let text else { return -1 }
        let all = (0..<text.byteCount).map { text.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
        let digits = all.reversed().prefix { (48...57).contains($0) }.reversed()
        return digits.reduce(0) { $0 * 10 + Int($1 - 48) }
    }

    /// Field numbers with wire types, independent of the code under test.
    private enum Tag {
        static let first: UInt32 = 1 << 3 | 2
        static let name: UInt32 = 5 << 3 | 2
        static let body: UInt32 = 5 << 3 | 2
        static let gauge: UInt32 = 5 << 3 | 2
        static let value: UInt32 = 6 << 3 | 1
    }
}

import OTLP
import Primitives
import TestSupport

/// A span as the tests of sampling want it.
struct TestSpan {
    var trace: UInt64
    /// Becomes the name, by which a test finds it again.
    var number: Int
    var isRoot = false
    var isError = false
    var milliseconds: UInt64 = 1
    var service = "shop"
    /// Bytes of an attribute that is there to make the span large.
    var padding = 0

    var id: TraceID { TraceID(high: 0, low: trace) }

    fileprivate var proto: Proto {
        var idBytes = [UInt8](repeating: 0, count: 16)
        for byte in 0..<8 {
            idBytes[15 - byte] = UInt8(truncatingIfNeeded: trace >> UInt64(8 * byte))
        }
        let start: UInt64 = 1_700_000_000_000_000_000
        var proto = Proto()
            .bytes(1, idBytes)
            .bytes(2, [1, 2, 3, 4, 5, 6, 7, UInt8(truncatingIfNeeded: number | 1)])
        if !isRoot { proto = proto.bytes(4, [9, 9, 9, 9, 9, 9, 9, 9]) }
        proto = proto.text(5, "span-\(number)").fixed64(7, start)
            .fixed64(8, start + milliseconds * 1_000_000)
        if padding > 0 {
            proto = proto.attribute(9, "padding", String(repeating: "x", count: padding))
        }
        return isError ? proto.message(15, Proto().varint(3, 2)) : proto
    }
}

extension Batch {
    /// Neighbours of one service are in one resource.
    static func spans(_ spans: [TestSpan]) -> Batch {
        var request = Proto()
        var rest = spans[...]
        while let first = rest.first {
            let group = rest.prefix { $0.service == first.service }
            rest = rest.dropFirst(group.count)
            request = request.message(
                1,
                Proto()
                    .message(1, Proto().attribute(1, "service.name", first.service))
                    .message(2, Proto().messages(2, group.map(\.proto))))
        }
        do {
            return try Batch(validating: Body(request.bytes), as: .traces)
        } catch {
            preconditionFailure("a payload of the tests is not valid: \(error)")
        }
    }

    static func span(
        _ trace: UInt64, _ number: Int, isRoot: Bool = false, isError: Bool = false,
        padding: Int = 0
    ) -> Batch {
        spans([
            TestSpan(
                trace: trace, number: number, isRoot: isRoot, isError: isError, padding: padding)
        ])
    }
}

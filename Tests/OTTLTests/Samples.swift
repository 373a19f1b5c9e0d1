import OTLP
import OTTL
import Primitives
import TestSupport

/// Records to evaluate expressions for, and the questions asked of them.
enum Samples {
    static func value(_ text: String) -> Proto { Proto().text(1, text) }
    static func int(_ number: Int64) -> Proto { Proto().varint(3, UInt64(bitPattern: number)) }
    static func double(_ number: Double) -> Proto { Proto().fixed64(4, number.bitPattern) }
    static func bool(_ value: Bool) -> Proto { Proto().varint(2, value ? 1 : 0) }
    static func any(bytes: [UInt8]) -> Proto { Proto().bytes(7, bytes) }
    static func any(list: [Proto]) -> Proto { Proto().message(5, Proto().messages(1, list)) }
    static func any(map: KeyValuePairs<String, Proto>) -> Proto {
        Proto().message(6, map.reduce(Proto()) { $0.message(1, pair($1.key, $1.value)) })
    }

    static func pair(_ key: String, _ value: Proto) -> Proto {
        Proto().text(1, key).message(2, value)
    }

    static let attributes: KeyValuePairs<String, Proto> = [
        "text": value("abc"), "int": int(7), "negative": int(-3), "double": double(2.5),
        "true": bool(true), "false": bool(false), "bytes": any(bytes: [0xab, 0x01]),
        "list": any(list: [value("x"), int(2), any(map: ["k": value("deep")])]),
        "map": any(map: ["a": int(1), "b": any(map: ["c": value("deep")])]),
        "empty": Proto(), "digits": value("200"), "url.path": value("/health/live"),
    ]

    static func attributes(_ field: Int, in proto: Proto) -> Proto {
        attributes.reduce(proto) { $0.message(field, pair($1.key, $1.value)) }
    }

    static let start: UInt64 = 1_700_000_000_000_000_000

    static let event = Proto().fixed64(1, start + 5).text(2, "exception")
        .attribute(3, "exception.type", "boom").varint(4, 2)

    static let span = attributes(
        9,
        in: Proto().bytes(1, Array(1...16)).bytes(2, Array(1...8))
            .text(3, "rojo=00f067aa0ba902b7, congo=t61rcWkgMzE").bytes(4, Array(11...18))
            .text(5, "GET /health").varint(6, 2).fixed64(7, start).fixed64(8, start + 2_000_000)
    )
    .varint(10, 3).message(11, Proto().text(2, "retry")).message(11, event).varint(12, 4)
    .message(13, Proto().bytes(1, Array(1...16))).varint(14, 5)
    .message(15, Proto().text(2, "broken").varint(3, 2)).fixed32(16, 257)

    static let rootSpan = Proto().bytes(1, Array(1...16)).bytes(2, Array(1...8)).text(5, "root")

    static let record = attributes(
        6,
        in: Proto().fixed64(1, start).varint(2, 17).text(3, "Error")
            .message(5, any(map: ["code": int(7), "k": value("v<")]))
    )
    .varint(7, 1).fixed32(8, 1).bytes(9, Array(1...16)).bytes(10, Array(1...8))
    .fixed64(11, start + 1).text(12, "login")

    static let gauge = Proto().text(1, "queue").text(2, "length").text(3, "1")
        .message(
            5,
            Proto().messages(
                1,
                [
                    Proto().fixed64(2, start).fixed64(3, start + 1).fixed64(6, 42)
                        .attribute(7, "host", "h1").varint(8, 1)
                        .message(7, pair("number", int(1))).message(5, Proto()),
                    Proto().fixed64(4, (2.5).bitPattern).attribute(7, "host", "h2"),
                ])
        )
        .attribute(12, "owner", "me")

    static let sum = Proto().text(1, "requests").message(
        7,
        Proto().message(1, Proto().fixed64(4, (2.5).bitPattern).attribute(7, "host", "h1"))
            .varint(2, 2).varint(3, 1))

    static let histogram = Proto().text(1, "latency").message(
        9,
        Proto().message(
            1,
            Proto().fixed64(4, 6).fixed64(5, (1.5).bitPattern)
                .bytes(6, littleEndian([1, 2, 3]))
                .bytes(7, littleEndian([(0.5).bitPattern, (1.0).bitPattern]))
                .message(8, Proto()).attribute(9, "host", "h1").varint(10, 1)
        ).varint(2, 1))

    static let exponential = Proto().text(1, "latency").message(
        10,
        Proto().message(
            1,
            Proto().attribute(1, "host", "h1").fixed64(4, 6).fixed64(5, (1.5).bitPattern)
                .varint(6, 3).fixed64(7, 9)
                .message(8, Proto().varint(1, 4).bytes(2, [1, 2, 0x80, 1]))
                .message(9, Proto().varint(1, 1).bytes(2, [5])).varint(10, 1)
        ).varint(2, 2))

    static let summary = Proto().text(1, "latency").message(
        11,
        Proto().message(
            1,
            Proto().fixed64(4, 6).fixed64(5, (1.5).bitPattern).attribute(7, "host", "h1")
                .message(6, Proto().fixed64(1, (0.5).bitPattern)).varint(8, 1)))

    static func littleEndian(_ numbers: [UInt64]) -> [UInt8] {
        numbers.flatMap { number in
            (0..<8).map { UInt8(truncatingIfNeeded: number >> UInt64($0 * 8)) }
        }
    }

    static func log(body: Proto) -> Proto { Proto().message(5, body) }

    /// A request with one record.
    static func body(_ record: Proto) -> Body {
        let resource = Proto().attribute(1, "service.name", "cart").varint(2, 6)
        let scope = Proto().text(1, "lib").text(2, "1.2").attribute(3, "s", "t").varint(4, 7)
        let group = Proto().message(1, scope).message(2, record).text(3, "scope-schema")
        let request = Proto().message(
            1, Proto().message(1, resource).message(2, group).text(3, "resource-schema"))
        return Body(request.bytes)
    }

    static func signal(_ context: PathContext) -> Signal {
        switch context {
        case .log: .logs
        case .metric, .datapoint: .metrics
        default: .traces
        }
    }

    /// Calls `use` with the record as the subject of a context: of a span the second event, of a
    /// metric the first data point.
    static func withSubject<Result>(
        _ record: Proto, in context: PathContext, now: UInt64 = 0,
        _ use: (borrowing Subject) throws -> Result
    ) throws -> Result {
        let batch = try Batch(validating: body(record), as: signal(context))
        var result: Result?
        try batch.forEachRecord { (record: borrowing Record) throws in
            var subject = Subject(record, now: now)
            if context == .spanevent {
                var events = record.message.messages(SpanTag.events)
                _ = events.next()
                if let event = events.next() { subject.visit(event: event, at: 1) }
            }
            if context == .datapoint, let points = record.message.points {
                let content = Message(record.message.body, points.payload)
                var all = content.messages(MetricPointsTag.dataPoints)
                if let point = all.next() { subject.visit(dataPoint: point, of: points.tag) }
            }
            result = try use(subject)
        }
        guard let result else { throw MissingRecord() }
        return result
    }

    struct MissingRecord: Error {}
}

/// Whether a condition holds for the sample of a context.
func holds(
    _ text: String, _ context: PathContext = .span, _ style: PathStyle = .own,
    for record: Proto? = nil
) throws -> Bool {
    let condition = try Condition(text, in: context, style)
    let sample = context == .log ? Samples.record : Samples.span
    return try Samples.withSubject(record ?? sample, in: context) { subject in
        try condition.holds(for: subject)
    }
}

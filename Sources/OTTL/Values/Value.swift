import OTLP
import RegularExpressions

/// What an expression yields. (OTTL: Go's `any`)
///
/// A value of a path is a range of the subject's body, so it is only good together with it; `owned`
/// makes one that stands alone.
package enum Value: Sendable {
    /// What is absent. (`nil`)
    case none
    case bool(Bool)
    case int(Int64)
    case double(Double)
    case string(Text)
    case bytes(Text)
    case list(ListValue)
    case map(MapValue)
    case time(Time)
    /// Nanoseconds.
    case duration(Int64)
    case traceID(TraceID)
    case spanID(UInt64)
    case profileID(TraceID)
    /// A part of a record that is neither of these, such as a status.
    case object(ObjectValue)

    // As arguments only.

    /// A regular expression.
    case pattern(Pattern)
    /// A function's name, such as `SHA256`.
    case function(FunctionReference)
}

extension Value {
    package static func string(_ text: String) -> Value { .string(Text(text)) }

    package var isNone: Bool {
        if case .none = self { true } else { false }
    }
}

/// The elements of a list: an `ArrayValue` in the subject's body, or values.
package enum ListValue: Sendable {
    /// The content of a `message ArrayValue`.
    case inBody(Range<Int>)
    case own([Value])
}

/// The pairs of a map in their order: attributes in the subject's body, or values.
package enum MapValue: Sendable {
    /// The content of a message and the tag of its attributes.
    case inBody(Range<Int>, tag: UInt32)
    case own([MapEntry])

    package static let empty = MapValue.own([])
}

/// A key and its value. Keys are unique in maps that this module makes.
package struct MapEntry: Sendable {
    package var key: [UInt8]
    package var value: Value

    package init(_ key: [UInt8], _ value: Value) {
        self.key = key
        self.value = value
    }

    package init(_ key: String, _ value: Value) {
        self.init(Array(key.utf8), value)
    }
}

/// A part of a record that has no kind of its own.
package struct ObjectValue: Sendable, Equatable {
    /// What it is, as messages name it.
    package enum Kind: String, Sendable {
        case status, events, links, dataPoints, exemplars, quantiles, buckets
    }

    package let kind: Kind
    /// Of a status or buckets, the message's content; of a list, the content of the message it is
    /// in.
    package let range: Range<Int>
    /// Of a list, the tag of its messages; otherwise 0.
    package let tag: UInt32

    package init(_ kind: Kind, _ range: Range<Int>, tag: UInt32 = 0) {
        self.kind = kind
        self.range = range
        self.tag = tag
    }
}

/// A point in time, as wide as Go's, with the offset of the zone it was given in.
package struct Time: Sendable, Hashable {
    /// Since 1970-01-01T00:00:00Z, without leap seconds.
    package let seconds: Int64
    /// 0 to 999,999,999.
    package let nanoseconds: Int64
    /// East of Greenwich, in seconds. Does not take part in comparisons.
    package var zoneOffset: Int64 = 0
    /// The abbreviation of the zone, where one is known.
    package var zoneName: String?

    package init(seconds: Int64, nanoseconds: Int64 = 0, zoneOffset: Int64 = 0) {
        let carry =
            nanoseconds >= 0 ? nanoseconds / Self.second : (nanoseconds + 1) / Self.second - 1
        self.seconds = seconds &+ carry
        self.nanoseconds = nanoseconds &- carry &* Self.second
        self.zoneOffset = zoneOffset
    }

    /// A time of OTLP.
    package init(unixNanoseconds: UInt64) {
        seconds = Int64(unixNanoseconds / 1_000_000_000)
        nanoseconds = Int64(unixNanoseconds % 1_000_000_000)
    }

    private static let second: Int64 = 1_000_000_000

    /// Wraps beyond the years 1678 to 2262, like Go's.
    package var unixNanoseconds: Int64 { seconds &* Self.second &+ nanoseconds }

    /// Nanoseconds, at most what a duration can hold.
    package static func - (left: Time, right: Time) -> Int64 {
        let (seconds, overflow) = left.seconds.subtractingReportingOverflow(right.seconds)
        let (whole, overflow2) = seconds.multipliedReportingOverflow(by: second)
        let (sum, overflow3) = whole.addingReportingOverflow(left.nanoseconds - right.nanoseconds)
        if overflow || overflow2 || overflow3 {
            return left < right ? .min : .max
        }
        return sum
    }

    package static func + (time: Time, nanoseconds: Int64) -> Time {
        var sum = Time(
            seconds: time.seconds &+ nanoseconds / second,
            nanoseconds: time.nanoseconds + nanoseconds % second, zoneOffset: time.zoneOffset)
        sum.zoneName = time.zoneName
        return sum
    }

    package static func == (left: Time, right: Time) -> Bool {
        left.seconds == right.seconds && left.nanoseconds == right.nanoseconds
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(seconds)
        hasher.combine(nanoseconds)
    }
}

extension Time: Comparable {
    package static func < (left: Time, right: Time) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }
}

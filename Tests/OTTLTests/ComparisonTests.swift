import OTTL
import Primitives
import Testing

/// Every pair of kinds with every operator.
struct ComparisonTests {
    /// One value of each kind that differs from the others of its kind, in order.
    private static let values: [(kind: ValueKind, low: Value, high: Value)] = [
        (.bool, .bool(false), .bool(true)),
        (.int, .int(-1), .int(2)),
        (.double, .double(-1.5), .double(2.5)),
        (.string, .string("a"), .string("ab")),
        (.bytes, .bytes(.own([1])), .bytes(.own([1, 0]))),
        (.time, .time(Time(seconds: -5)), .time(Time(seconds: -5, nanoseconds: 1))),
        (.duration, .duration(-1), .duration(1)),
    ]

    private static func answers(_ left: Value, _ right: Value) -> [Bool] {
        let operators: [Comparison] = [
            .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual,
        ]
        return operators.map { RawSpan().holds($0, left, right) }
    }

    private static let equal = [true, false, false, true, false, true]
    private static let less = [false, true, true, true, false, false]
    private static let greater = [false, true, false, false, true, true]
    private static let different = [false, true, false, false, false, false]

    @Test func `values of one kind have an order`() {
        for (kind, low, high) in Self.values {
            #expect(Self.answers(low, low) == Self.equal, "\(kind)")
            #expect(Self.answers(low, high) == Self.less, "\(kind)")
            #expect(Self.answers(high, low) == Self.greater, "\(kind)")
        }
    }

    @Test func `values of different kinds are not equal, and have no order`() {
        let others: [(kind: ValueKind, low: Value, high: Value)] = [
            (.none, .none, .none), (.map, .map(.empty), .map(.empty)),
            (.list, .list(.own([])), .list(.own([]))),
            (.traceID, .traceID(.init(high: 0, low: 1)), .none),
            (.spanID, .spanID(1), .none), (.profileID, .profileID(.init(high: 0, low: 1)), .none),
        ]
        let all = Self.values + others
        for left in all {
            for right in all where left.kind != right.kind {
                let areNumbers = [left.kind, right.kind].allSatisfy { $0 == .int || $0 == .double }
                if areNumbers { continue }
                #expect(
                    Self.answers(left.low, right.low) == Self.different,
                    "\(left.kind), \(right.kind)")
            }
        }
    }

    @Test func `ints and doubles are compared as doubles`() {
        #expect(Self.answers(.int(2), .double(2)) == Self.equal)
        #expect(Self.answers(.double(2), .int(2)) == Self.equal)
        #expect(Self.answers(.int(2), .double(2.5)) == Self.less)
        #expect(Self.answers(.double(2.5), .int(2)) == Self.greater)
        #expect(Self.answers(.int(1), .double(.nan)) == Self.different)
        #expect(Self.answers(.double(.nan), .double(.nan)) == Self.different)
    }

    @Test func `nil equals nil`() {
        #expect(Self.answers(.none, .none) == Self.equal)
    }

    @Test func `ids are equal or not, and have no order`() {
        let same = [true, false, false, false, false, false]
        #expect(Self.answers(.spanID(1), .spanID(1)) == same)
        #expect(Self.answers(.spanID(1), .spanID(2)) == Self.different)
        let trace = Value.traceID(.init(high: 1, low: 2))
        #expect(Self.answers(trace, trace) == same)
        #expect(Self.answers(trace, .traceID(.init(high: 1, low: 3))) == Self.different)
    }

    @Test func `maps and lists are equal or not, deeply, whatever the order of keys`() {
        let same = [true, false, false, false, false, false]
        let map = Value.map(.own([MapEntry("a", .int(1)), MapEntry("b", .list(.own([.none])))]))
        let turned = Value.map(.own([MapEntry("b", .list(.own([.none]))), MapEntry("a", .int(1))]))
        let other = Value.map(
            .own([MapEntry("a", .double(1)), MapEntry("b", .list(.own([.none])))]))
        #expect(Self.answers(map, turned) == same)
        #expect(Self.answers(map, other) == Self.different)
        #expect(Self.answers(.list(.own([map])), .list(.own([turned]))) == same)
        #expect(Self.answers(.list(.own([map])), .list(.own([]))) == Self.different)
    }
}

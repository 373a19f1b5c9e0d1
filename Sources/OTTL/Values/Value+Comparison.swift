import OTLP
import Primitives

/// The six operators.
package enum Comparison: UInt8, Sendable, CaseIterable {
    case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual

    /// What holds for the operands the other way round.
    var mirrored: Comparison {
        switch self {
        case .equal, .notEqual: self
        case .less: .greater
        case .lessOrEqual: .greaterOrEqual
        case .greater: .less
        case .greaterOrEqual: .lessOrEqual
        }
    }

    /// What operands of kinds that cannot be compared yield: they differ.
    @inline(__always)
    var ofDifferentKinds: Bool { self == .notEqual }

    @inline(__always)
    func holds<Number: Comparable>(_ left: Number, _ right: Number) -> Bool {
        switch self {
        case .equal: left == right
        case .notEqual: left != right
        case .less: left < right
        case .lessOrEqual: left <= right
        case .greater: left > right
        case .greaterOrEqual: left >= right
        }
    }

    /// Bytes in lexicographic order.
    func holds(_ left: RawSpan, _ right: RawSpan) -> Bool {
        switch self {
        case .equal: left.hasSameBytes(as: right)
        case .notEqual: !left.hasSameBytes(as: right)
        default: holds(left.order(against: right), 0)
        }
    }

    func holds(_ areEqual: Bool) -> Bool {
        switch self {
        case .equal: areEqual
        case .notEqual: !areEqual
        default: false
        }
    }
}

extension RawSpan {
    /// Negative, zero or positive, as the bytes come before, with or after others.
    func order(against other: RawSpan) -> Int {
        let count = Swift.min(byteCount, other.byteCount)
        var offset = 0
        while offset < count {
            let left = unsafeLoad(fromByteOffset: offset, as: UInt8.self)
            let right = other.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
            if left != right { return left < right ? -1 : 1 }
            offset &+= 1
        }
        return byteCount - other.byteCount
    }

    /// Compares two values. Never an error: what cannot be compared differs, and has no order.
    package func holds(_ operator: Comparison, _ left: Value, _ right: Value) -> Bool {
        switch (left, right) {
        case (.none, .none):
            [.equal, .lessOrEqual, .greaterOrEqual].contains(`operator`)
        case (.int(let left), .int(let right)): `operator`.holds(left, right)
        case (.double(let left), .double(let right)): `operator`.holds(left, right)
        case (.int(let left), .double(let right)): `operator`.holds(Double(left), right)
        case (.double(let left), .int(let right)): `operator`.holds(left, Double(right))
        case (.string(let left), .string(let right)), (.bytes(let left), .bytes(let right)):
            withBytes(of: left) { left in withBytes(of: right) { `operator`.holds(left, $0) } }
        case (.bool(let left), .bool(let right)): `operator`.holds(left ? 1 : 0, right ? 1 : 0)
        case (.time(let left), .time(let right)): `operator`.holds(left, right)
        case (.duration(let left), .duration(let right)): `operator`.holds(left, right)
        case (.map, .map), (.list, .list): `operator`.holds(areEqual(left, right))
        case (.traceID(let left), .traceID(let right)): `operator`.holds(left == right)
        case (.profileID(let left), .profileID(let right)): `operator`.holds(left == right)
        case (.spanID(let left), .spanID(let right)): `operator`.holds(left == right)
        case (.object(let left), .object(let right)): `operator`.holds(left == right)
        default: `operator`.ofDifferentKinds
        }
    }

    /// Deep equality, in which numbers of different kinds differ.
    package func areEqual(_ left: Value, _ right: Value) -> Bool {
        switch (left, right) {
        case (.list(let left), .list(let right)):
            let elements = elements(of: left)
            let others = self.elements(of: right)
            return elements.count == others.count
                && zip(elements, others).allSatisfy { areEqual($0, $1) }
        case (.map(let left), .map(let right)): return areEqual(left, right)
        case (.int, .double), (.double, .int): return false
        default: return holds(.equal, left, right)
        }
    }

    /// Whatever the order of keys.
    private func areEqual(_ left: MapValue, _ right: MapValue) -> Bool {
        let entries = entries(of: left)
        let others = self.entries(of: right)
        guard entries.count == others.count else { return false }
        var positions: [[UInt8]: Int] = [:]
        for (position, other) in others.enumerated() where positions[other.key] == nil {
            positions[other.key] = position
        }
        return entries.allSatisfy { entry in
            positions[entry.key].map { areEqual(entry.value, others[$0].value) } ?? false
        }
    }
}

// Stands in until Section is there; delete this file then.
import Primitives
package struct Section {
    package mutating func take(_ key: String, default: Bool, _ doc: String) -> Bool { `default` }
    package mutating func take(_ key: String, default: Int, in: ClosedRange<Int>, _ doc: String) -> Int { `default` }
    package mutating func take(_ key: String, default: Double, in: ClosedRange<Double>, _ doc: String) -> Double { `default` }
    package mutating func take(_ key: String, default: String, _ doc: String) -> String { `default` }
    package mutating func take(_ key: String, default: Duration, in: ClosedRange<Duration>, _ doc: String) -> Duration { `default` }
    package mutating func report(_ key: String, _ m: String) {}
}

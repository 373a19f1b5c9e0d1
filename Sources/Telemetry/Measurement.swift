/// One number that a component has about itself, named as otelcol names it.
///
/// Equal names belong to one family and differ by their labels.
package struct Measurement: Sendable {
    /// How the numbers of several shards of one component become one.
    package enum Combination: Sendable {
        case sum, smallest, largest
    }

    /// Without `otelcol_` in front: `processor_tail_sampling_new_trace_id_received`. Names of our
    /// own begin with `martlet_`.
    package let name: String
    package let kind: PrometheusText.Kind
    package let help: String
    package let labels: [(name: String, value: String)]
    package private(set) var value: Double
    package let combination: Combination

    package init(
        _ name: String, _ kind: PrometheusText.Kind, _ help: String,
        _ labels: [(name: String, value: String)] = [], _ value: Double,
        combining combination: Combination = .sum
    ) {
        self.name = name
        self.kind = kind
        self.help = help
        self.labels = labels
        self.value = value
        self.combination = combination
    }

    /// The series within all that a component has.
    private var key: String {
        labels.reduce(name) { "\($0)|\($1.name)=\($1.value)" }
    }

    private mutating func combine(with other: Measurement) {
        switch combination {
        case .sum: value += other.value
        case .smallest: value = min(value, other.value)
        case .largest: value = max(value, other.value)
        }
    }

    /// Measurements of which each series occurs once.
    package struct Table: Sendable {
        package private(set) var series: [Measurement] = []
        private var positions: [String: Int] = [:]

        package init() {}

        package mutating func add(_ measurement: Measurement) {
            let key = measurement.key
            if let position = positions[key] {
                series[position].combine(with: measurement)
            } else {
                positions[key] = series.count
                series.append(measurement)
            }
        }
    }
}

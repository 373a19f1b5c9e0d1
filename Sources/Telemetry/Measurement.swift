/// One number that a component has about itself, named as otelcol names it.
///
/// Equal names belong to one family and differ by their labels.
package struct Measurement: Sendable {
    /// Without `otelcol_` or `martlet_` in front: `processor_tail_sampling_new_trace_id_received`.
    package let name: String
    package let kind: PrometheusText.Kind
    package let help: String
    package let labels: [(name: String, value: String)]
    package let value: Double

    package init(
        _ name: String, _ kind: PrometheusText.Kind, _ help: String,
        _ labels: [(name: String, value: String)] = [], _ value: Double
    ) {
        self.name = name
        self.kind = kind
        self.help = help
        self.labels = labels
        self.value = value
    }
}

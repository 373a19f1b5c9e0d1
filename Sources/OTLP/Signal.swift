/// The kinds of telemetry that OTLP carries and this program moves.
package enum Signal: String, CaseIterable, Sendable {
    case traces, metrics, logs
}

import OTLP
import Primitives

/// What is known of a trace besides the facts that its spans left behind.
struct TraceSummary: Sendable {
    let id: TraceID
    /// Spans received so far.
    var spanCount: Int
    /// The size of those spans in protobuf, which `bytes_limiting` counts.
    var byteCount: Int
    let firstArrival: Instant

    init(_ id: TraceID, spanCount: Int, byteCount: Int, firstArrival: Instant) {
        self.id = id
        self.spanCount = spanCount
        self.byteCount = byteCount
        self.firstArrival = firstArrival
    }
}

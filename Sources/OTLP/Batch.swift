import Primitives

/// Telemetry of one signal on its way: records that stand in validated bodies, as they arrived.
///
/// An immutable value, cheap to copy and to share between threads; what changes it makes another one
/// that refers to the same bytes. A body is freed with the last batch that refers to it.
package struct Batch: Sendable {
    /// Offsets within bodies are 32 bits wide, with a bit to spare.
    package static let bodySizeLimit = Int(Int32.max)

    package let signal: Signal
    /// Spans, data points or log records.
    package private(set) var itemCount = 0
    /// Spans, metrics or log records.
    package private(set) var recordCount = 0
    /// `ResourceSpans`, `ResourceMetrics` or `ResourceLogs`, before equal ones are merged.
    package private(set) var resourceCount = 0
    /// The size of the encoded form, or a little more: merging resources makes it smaller.
    package private(set) var byteCount = 0

    package var isEmpty: Bool { itemCount == 0 }

    /// Nothing of a signal, to append to.
    package init(_ signal: Signal) {
        self.signal = signal
    }
}

import Configuration
import OTLP
import Pipeline
import Primitives

/// Joins small batches into large ones, so that exporters send few requests.
///
/// Documented in `docs/processors/batch.md`.
///
/// The timer is otelcol's: it runs freely from the last batch sent for size or by the timer, not
/// from the first record, so a record waits at most `timeout` and half of it on average. Nothing
/// wakes up while nothing is held.
package struct BatchProcessor: Processor {
    package static let name = "batch"
    package static let summary = "joins small batches into large ones"
    package static let state = ProcessorState.shared

    private let timeout: Duration
    private let sendSize: Int
    private let sizeLimit: Int

    private var pending: Batch?
    /// When the timer was last set; ticks follow every `timeout`.
    private var timerStart = Instant(nanoseconds: 0)

    package init(from section: inout Section) {
        timeout = section.take(
            "timeout", default: .milliseconds(200), in: .zero ... .seconds(86_400),
            "the longest a record waits; 0 sends every input at once")
        sendSize = section.take(
            "send_batch_size", default: 8_192, in: 0...Int(UInt32.max),
            "records (spans, data points, log records) that make a batch leave; 0 disables the timer"
        )
        sizeLimit = section.take(
            "send_batch_max_size", default: 0, in: 0...Int(UInt32.max),
            "larger batches are split; 0 means no limit")
        if sizeLimit > 0 && sizeLimit < sendSize {
            section.refuse(
                "send_batch_max_size",
                "is \(sizeLimit), but must not be less than send_batch_size, which is \(sendSize)")
        }
        section.refuseUnsupported("metadata_keys", "batches by client metadata")
        section.refuseUnsupported("metadata_cardinality_limit", "batches by client metadata")
    }

    private var hasTimer: Bool { timeout > .zero && sendSize > 0 }

    package var heldItems: Int { pending?.itemCount ?? 0 }

    package var wakeAt: Instant? { hasTimer && heldItems > 0 ? nextTick : nil }

    package mutating func process(_ batch: Batch, at now: Instant, into output: inout Output) {
        if batch.itemCount == 0 { return }
        if pending == nil {
            if hasTimer { alignTimer(to: now) }
            pending = batch
        } else {
            pending?.append(batch)
        }

        var hasSent = false
        while heldItems > 0, !hasTimer || heldItems >= sendSize {
            sendOne(into: &output)
            hasSent = true
        }
        if hasSent { timerStart = now }
    }

    package mutating func advance(to now: Instant, into output: inout Output) {
        guard heldItems > 0, now >= nextTick else { return }
        sendOne(into: &output)
        timerStart = now
    }

    package mutating func drain(at now: Instant, into output: inout Output) {
        while heldItems > 0 { sendOne(into: &output) }
    }

    private var nextTick: Instant { timerStart + timeout }

    /// Moves the start to the last tick before `now`, as if the timer had gone on ticking.
    private mutating func alignTimer(to now: Instant) {
        let period = timeout.clampedNanoseconds
        guard now >= nextTick, period > 0 else { return }
        let passed = now.nanoseconds - timerStart.nanoseconds
        timerStart.nanoseconds = now.nanoseconds - passed % period
    }

    /// Sends everything, or as much as one batch may have.
    private mutating func sendOne(into output: inout Output) {
        guard var batch = pending else { return }
        pending = nil
        if sizeLimit > 0, batch.itemCount > sizeLimit {
            output.forward(batch.removeFirst(items: sizeLimit))
            pending = batch
        } else {
            output.forward(batch)
        }
    }
}

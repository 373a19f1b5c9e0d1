import Configuration
import Logging
import OTLP
import Primitives
import Sockets
import Telemetry

/// What every component has: a name people write in their configuration, and a way to be made
/// from the options they write below it.
///
/// `init(from:)` takes each option with one line that states key, type, range, default and
/// meaning; the same lines feed `martlet components`. It never fails: mistakes are recorded in the
/// section, and a component whose section has errors is never started.
package protocol Component {
    /// otelcol's name, because users already have files.
    static var name: String { get }
    /// Other names it had.
    static var aliases: [String] { get }
    /// One line for `martlet components`.
    static var summary: String { get }
    static var signals: Set<Signal> { get }

    init(from section: inout Section)
}

extension Component {
    package static var aliases: [String] { [] }
    package static var signals: Set<Signal> { Set(Signal.allCases) }
}

/// Brings records into the daemon and answers for them.
///
/// One object serves all signals of its id. It runs on the receiving loops.
package protocol Receiver: Component, AnyObject, Sendable {
    /// Whether it passes on what requests say besides records (see `Sender.metadata`).
    var includesMetadata: Bool { get }
    /// Opens what it listens on. Called once every component downstream is running.
    func start(_ context: ReceiverContext) async throws(StartError)
    /// Accepts nothing new, finishes what is in progress, and returns by `deadline`.
    func stop(by deadline: Instant) async
}

extension Receiver {
    package var includesMetadata: Bool { false }
}

/// What a receiver works with.
package struct ReceiverContext: Sendable {
    package let id: String
    /// Where to deliver. A signal that is not a key is used by no pipeline.
    package let inlets: [Signal: Inlet]
    /// The loops that connections are spread over.
    package let loops: [EventLoop]
    package let logger: Logger

    package init(id: String, inlets: [Signal: Inlet], loops: [EventLoop], logger: Logger) {
        self.id = id
        self.inlets = inlets
        self.loops = loops
        self.logger = logger
    }
}

/// Sends records out of the daemon.
///
/// One object serves all signals of its id; everything but `init` runs on its own thread, so it
/// may block without slowing anything else. In front of it stands an `ExporterQueue` per signal.
package protocol Exporter: Component, AnyObject, Sendable {
    /// How the queue in front of it behaves unless configured.
    static var delivery: DeliveryDefaults { get }

    func start(_ context: ExporterContext) async throws(StartError)
    /// One attempt to send `batch`. Retries, time limits between attempts and the books are the
    /// queue's; the exporter bounds the attempt itself.
    func export(_ batch: Batch) async -> ExportResult
    /// Flushes and closes. No `export` is under way and none follows.
    func stop() async
}

/// What an exporter works with.
package struct ExporterContext: Sendable {
    package let id: String
    /// The exporter's own thread.
    package let loop: EventLoop
    package let logger: Logger
    /// `martlet/<version> (<os>/<architecture>)`
    package let userAgent: String
    /// What pipelines will send to it.
    package let signals: Set<Signal>

    package init(
        id: String, loop: EventLoop, logger: Logger, userAgent: String,
        signals: Set<Signal> = Set(Signal.allCases)
    ) {
        self.id = id
        self.loop = loop
        self.logger = logger
        self.userAgent = userAgent
        self.signals = signals
    }
}

/// How one attempt to export ended.
package enum ExportResult: Sendable, Equatable {
    case exported
    /// The peer took the batch and refused some records for good.
    case partlyRejected(count: Int, message: String)
    /// It may work later; `after` is the peer's own wish.
    case retryable(reason: String, after: Duration?)
    /// It will never work.
    case permanent(reason: String)
}

/// Runs beside the pipelines: health, later storage and authentication.
package protocol Extension: Component, AnyObject, Sendable {
    func start(_ context: ExtensionContext) async throws(StartError)
    /// All pipelines run (`true`), or they are about to stop (`false`).
    func announce(ready: Bool)
    func stop() async
}

extension Extension {
    package static var signals: Set<Signal> { [] }
}

/// What an extension works with.
package struct ExtensionContext: Sendable {
    package let id: String
    package let loop: EventLoop
    package let logger: Logger

    package init(id: String, loop: EventLoop, logger: Logger) {
        self.id = id
        self.loop = loop
        self.logger = logger
    }
}

/// Why a component could not start; the daemon then stops with this message.
package struct StartError: Error, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}

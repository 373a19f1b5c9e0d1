import CLinux
import Glibc

/// The signals a daemon answers to. (signal(7))
package enum ProcessSignal: Int32, CaseIterable, Sendable {
    case terminate = 15
    case interrupt = 2
    case hangUp = 1

    package var name: String {
        switch self {
        case .terminate: "SIGTERM"
        case .interrupt: "SIGINT"
        case .hangUp: "SIGHUP"
        }
    }
}

/// Signals as events of a loop.
///
/// A handler writes each signal's number into a pipe, which the loop reads. (A signalfd would need
/// the signals blocked in every thread, also in those Swift's runtime starts, and child processes
/// would inherit the block.) A process has one such set at a time.
package final class ProcessSignals: EventSource, @unchecked Sendable {
    /// Called on the loop with how often this signal has come, so that an impatient second one
    /// can be told from the first.
    package typealias Action = @Sendable (ProcessSignal, _ occurrence: Int) -> Void

    private let loop: EventLoop
    private let signals: [ProcessSignal]
    private let action: Action
    private var inlet: Int32
    private var outlet: Int32
    private var occurrences: [ProcessSignal: Int] = [:]

    /// From now on the signals are delivered to `action`, instead of ending the process.
    @discardableResult
    package static func deliver(
        _ signals: [ProcessSignal], on loop: EventLoop, _ action: @escaping Action
    ) throws(SocketError) -> ProcessSignals {
        let source = try ProcessSignals(signals, loop, action)
        loop.execute { source.begin() }
        return source
    }

    /// A write to a peer that is gone is an error of that write and no reason to die: what sockets
    /// get by MSG_NOSIGNAL, for pipes and standard output too.
    package static func ignoreBrokenPipes() {
        _ = signal(SIGPIPE, SIG_IGN)
    }

    private init(
        _ signals: [ProcessSignal], _ loop: EventLoop, _ action: @escaping Action
    ) throws(SocketError) {
        self.signals = signals
        self.loop = loop
        self.action = action
        var ends: (Int32, Int32) = (-1, -1)
        _ = try SystemCall.run("pipe2") {
            withUnsafeMutableBytes(of: &ends) {
                pipe2($0.assumingMemoryBound(to: Int32.self).baseAddress, O_NONBLOCK | O_CLOEXEC)
            }
        }
        (outlet, inlet) = ends
        for signal in signals {
            _ = try SystemCall.run("sigaction") { clinux_forward_signal(signal.rawValue, inlet) }
        }
    }

    func ready(_ events: Readiness) {
        var numbers: UInt64 = 0
        while let count = try? SystemCall.attempt("read", { read(outlet, &numbers, 8) }), count > 0
        {
            withUnsafeBytes(of: numbers) { $0.prefix(count).forEach(note) }
        }
    }

    func loopStops() {
        for signal in signals { _ = clinux_forward_signal(signal.rawValue, -1) }
        loop.unregister(outlet)
        SystemCall.close(outlet)
        SystemCall.close(inlet)
    }

    private func begin() {
        try? loop.register(outlet, self, for: [.reading, .edgeTriggered])
    }

    private func note(_ number: UInt8) {
        guard let signal = ProcessSignal(rawValue: Int32(number)) else { return }
        let occurrence = occurrences[signal, default: 0] + 1
        occurrences[signal] = occurrence
        action(signal, occurrence)
    }
}

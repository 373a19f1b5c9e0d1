import Glibc
import Synchronization
import Testing

@testable import Sockets

@Suite(.timeLimit(.minutes(5)))
struct ProcessSignalsTests {
    // In a process of its own: signals are for a whole process.
    @Test func `signals arrive on the loop with how often they came`() async {
        await #expect(processExitsWith: .success) {
            try await withLoop { loop in
                let arrived = Mutex<[String]>([])
                try ProcessSignals.deliver([.terminate, .interrupt], on: loop) { signal, count in
                    #expect(loop.isCurrent)
                    arrived.withLock { $0.append("\(signal.name) \(count)") }
                }

                for (count, signal) in [SIGTERM, SIGINT, SIGTERM].enumerated() {
                    kill(getpid(), signal)
                    await eventually("signal \(signal) arrived", on: loop) {
                        arrived.withLock { $0.count } == count + 1
                    }
                }

                #expect(arrived.withLock { $0 } == ["SIGTERM 1", "SIGINT 1", "SIGTERM 2"])
            }
        }
    }

    @Test func `after the loop has stopped a signal ends the process again`() async {
        await #expect(processExitsWith: .signal(SIGTERM)) {
            try await withLoop { loop in
                try ProcessSignals.deliver([.terminate], on: loop) { _, _ in }
            }
            kill(getpid(), SIGTERM)
            pause()
        }
    }
}

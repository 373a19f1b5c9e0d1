import Glibc
import OTLP
import Primitives

/// What is asked of the tool.
struct Question {
    let operation: UInt8
    let signal: Signal
    let bytes: [UInt8]
}

/// What came of it.
struct Answer {
    var isRefusal = false
    var bytes: [UInt8]
}

/// Questions on standard input, answers on standard output.
///
/// The peer is our own test, so whatever is not as agreed ends the process.
struct Channel {
    private static let headerSize = 6

    func nextQuestion() -> Question? {
        guard let header = read(Self.headerSize) else { return nil }
        let size = (2..<6).reduce(0) { $0 | Int(header[$1]) << (($1 - 2) * 8) }
        guard let bytes = read(size) else { return nil }
        let signals: [Signal] = [.traces, .metrics, .logs]
        return Question(
            operation: header[0], signal: signals[Int(header[1])], bytes: bytes)
    }

    func send(_ answer: Answer) {
        var frame: [UInt8] = [answer.isRefusal ? 1 : 0]
        for shift in stride(from: 0, to: 32, by: 8) {
            frame.append(UInt8(truncatingIfNeeded: answer.bytes.count >> shift))
        }
        frame += answer.bytes
        var sent = 0
        while sent < frame.count {
            let count = frame[sent...].withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
            guard count > 0 else { exit(1) }
            sent += count
        }
    }

    /// So many bytes; `nil` at the end of the input.
    private func read(_ size: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: size)
        var received = 0
        while received < size {
            let count = bytes[received...].withUnsafeMutableBytes {
                Glibc.read(0, $0.baseAddress, $0.count)
            }
            guard count > 0 else { return nil }
            received += count
        }
        return bytes
    }
}

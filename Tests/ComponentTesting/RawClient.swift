import HTTP
import Primitives
import Sockets

/// A connection on which a test says what no HTTP client would.
package final class RawClient {
    private let stream: Sockets.Stream

    package init(to endpoint: Endpoint) async throws {
        stream = try await Sockets.Stream.connect(to: endpoint, deadline: .now() + patience)
        stream.deadline = .now() + patience
    }

    deinit { stream.close() }

    package func send(_ text: String) async throws {
        var buffer = ByteBuffer()
        buffer.append(text)
        try await stream.write(&buffer)
    }

    /// Everything until the server ends, without the lines that differ from run to run.
    package func receiveAll() async throws -> String {
        var inbox = ByteBuffer()
        while try await stream.read(into: &inbox, room: 65_536) > 0 {}
        return text(of: inbox)
    }

    /// What came until the text contains `mark`.
    package func receive(until mark: String) async throws -> String {
        var inbox = ByteBuffer()
        while !text(of: inbox).contains(mark) {
            guard try await stream.read(into: &inbox, room: 65_536) > 0 else { break }
        }
        return text(of: inbox)
    }

    private func text(of buffer: borrowing ByteBuffer) -> String {
        let text = buffer.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        let lines = text.split(separator: "\r\n", omittingEmptySubsequences: true)
        return lines.filter { !$0.hasPrefix("Date: ") && !$0.hasPrefix("Content-Length: ") }
            .joined(separator: "\n")
    }
}

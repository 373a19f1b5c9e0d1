import Glibc
import Primitives
import Testing

@testable import Sockets

/// Runs `body` as a task on a loop of its own, and fails the test if that has not settled at the
/// end.
@discardableResult
func withLoop<Result: Sendable>(
    _ body: @escaping @Sendable (EventLoop) async throws -> Result
) async throws -> Result {
    let loop = try EventLoop(name: "test")
    loop.start()
    defer { #expect(loop.stop(), "tasks were left on the loop") }
    return try await withCheckedThrowingContinuation { continuation in
        loop.spawn {
            do {
                continuation.resume(returning: try await body(loop))
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }
}

/// Two connected streams on one loop.
func connectedPair(on loop: EventLoop) throws -> (Stream, Stream) {
    var fds: [Int32] = [-1, -1]
    try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | BoundSocket.flags, 0, &fds) == 0)
    return (
        try Stream(adopting: fds[0], peer: .unix(path: ""), on: loop),
        try Stream(adopting: fds[1], peer: .unix(path: ""), on: loop)
    )
}

extension Stream {
    func write(_ text: String) async throws(SocketError) {
        var buffer = ByteBuffer()
        buffer.append(text)
        try await write(&buffer)
    }

    /// Everything until the peer ends.
    func readAll() async throws(SocketError) -> String {
        var buffer = ByteBuffer()
        while try await read(into: &buffer, room: 65_536) > 0 {}
        return buffer.text
    }

    func readOnce() async throws(SocketError) -> String {
        var buffer = ByteBuffer()
        _ = try await read(into: &buffer, room: 65_536)
        return buffer.text
    }
}

extension ByteBuffer {
    var text: String { withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }
}

/// Waits for `condition`, and says what was waited for if that never came.
func eventually(
    _ what: Comment, on loop: EventLoop, sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () -> Bool
) async {
    let deadline = Instant.now() + .seconds(60)
    while !condition() {
        guard Instant.now() < deadline else {
            Issue.record(what, sourceLocation: sourceLocation)
            return
        }
        _ = await loop.sleep(for: .milliseconds(1))
    }
}

/// Sets the buffers of a connection so small that a few kilobytes fill them.
func shrinkBuffers(_ streams: Stream...) throws {
    for stream in streams {
        try SystemCall.setOption(stream.fd, SOL_SOCKET, SO_SNDBUF, to: 1)
        try SystemCall.setOption(stream.fd, SOL_SOCKET, SO_RCVBUF, to: 1)
    }
}

/// Bytes that show where a piece is missing or twice.
func pattern(_ size: Int) -> [UInt8] {
    (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
}

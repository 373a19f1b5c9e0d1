import Primitives
import Sockets
import Synchronization
import Testing

@testable import HTTP

/// How long a test waits for the kernel before it fails and says what it waited for.
let patience = Duration.seconds(30)

/// Runs `body` as a task on a loop of its own, and fails the test if that loop has not settled
/// at the end.
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

/// A server with two loops, and a third for the test's own side.
func withServer<Result: Sendable>(
    _ limits: HTTPLimits = HTTPLimits(), handler: any RequestHandler = Echo(),
    at endpoint: Endpoint = Endpoint(host: "127.0.0.1", port: 0), tls: TLSContext? = nil,
    _ body: @escaping @Sendable (HTTPServer, EventLoop) async throws -> Result
) async throws -> Result {
    let loops = [try EventLoop(name: "server 1"), try EventLoop(name: "server 2")]
    for loop in loops { loop.start() }
    let server = try HTTPServer(endpoint, limits: limits, tls: tls, handler: handler)
    server.start(on: loops)
    let result: Swift.Result<Result, any Error>
    do {
        result = .success(try await withLoop { try await body(server, $0) })
    } catch {
        result = .failure(error)
    }
    await server.stop(by: .now() + .milliseconds(100))
    for loop in loops { #expect(loop.stop(), "tasks were left on a server's loop") }
    return try result.get()
}

/// Answers with what it got. Paths ask for something else.
struct Echo: RequestHandler {
    static let largeSize = 3_000_000

    /// Opened by tests that hold a request.
    let gate = Gate()

    func admit(_ head: RequestHead, from peer: SocketAddress) -> Admission {
        switch head.path {
        case "/unwanted": .respond(.text(.notFound, "not here"))
        case "/small": .readBody(limit: 10)
        default: .readBody(limit: nil)
        }
    }

    func respond(
        to head: RequestHead, body: consuming ByteBuffer, from peer: SocketAddress
    ) async -> Response {
        switch head.path {
        case "/empty": return Response(.noContent)
        case "/fixed": return Response(.ok, contentType: "text/plain", .fixed("constant"))
        case "/sum": return .text(.ok, "\(body.count) \(checksum(body))")
        case "/large":
            return Response(.ok, content: .chain(ByteChain(Body(pattern(Self.largeSize)))))
        case "/last":
            var response = Response(.ok)
            response.closesConnection = true
            return response
        case "/held": await gate.pass()
        default: break
        }
        var text = ByteBuffer()
        text.append("\(head.method) \(head.path) ")
        text.append(body.bytes)
        return Response(.ok, contentType: "text/plain", body: text)
    }
}

/// Holds tasks back until it is opened.
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var waiters: [UnsafeContinuation<Void, Never>] = []
        var expected = Int.max
        var arrival: UnsafeContinuation<Void, Never>?

        /// Whoever waits for arrivals, if enough are there.
        mutating func takeArrival() -> UnsafeContinuation<Void, Never>? {
            guard waiters.count >= expected else { return nil }
            defer { arrival = nil }
            return arrival
        }
    }

    private let state = Mutex(State())

    func pass() async {
        await withUnsafeContinuation { waiter in
            let (passes, arrival) = state.withLock { state in
                if !state.isOpen { state.waiters.append(waiter) }
                return (state.isOpen, state.takeArrival())
            }
            arrival?.resume()
            if passes { waiter.resume() }
        }
    }

    /// Waits until so many tasks stand at the gate.
    func waitForArrival(of count: Int = 1) async {
        await withUnsafeContinuation { continuation in
            let arrival = state.withLock { state in
                state.expected = count
                state.arrival = continuation
                return state.takeArrival()
            }
            arrival?.resume()
        }
    }

    func open() {
        let waiters = state.withLock { state in
            state.isOpen = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }
}

/// Bytes in which a piece that is missing, doubled or moved shows. Made of blocks, since a debug
/// build takes seconds for ten million single bytes.
func pattern(_ size: Int) -> [UInt8] {
    let block = (0..<4_099).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(size + block.count)
    while bytes.count < size { bytes.append(contentsOf: block) }
    bytes.removeLast(bytes.count - size)
    return bytes
}

/// FNV-1a over words of eight bytes.
func checksum(_ bytes: borrowing ByteBuffer) -> UInt64 {
    bytes.withUnsafeBytes { bytes in
        var sum: UInt64 = 0xcbf2_9ce4_8422_2325
        var offset = 0
        while offset + 8 <= bytes.count {
            let word = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            sum = (sum ^ word) &* 0x100_0000_01b3
            offset += 8
        }
        for byte in bytes[offset...] { sum = (sum ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return sum
    }
}

/// The test's end of a connection to a server.
final class RawClient {
    let stream: Sockets.Stream
    private var inbox = ByteBuffer()

    init(to server: HTTPServer) async throws {
        stream = try await Sockets.Stream.connect(
            to: server.endpoint, deadline: .now() + patience)
        stream.deadline = .now() + patience
    }

    deinit { stream.close() }

    func send(_ text: String) async throws {
        var buffer = ByteBuffer()
        buffer.append(text)
        try await stream.write(&buffer)
    }

    func send(_ bytes: [UInt8]) async throws {
        var buffer = ByteBuffer(copying: bytes.span.bytes)
        try await stream.write(&buffer)
    }

    /// The next bytes, whatever they are.
    func receive() async throws -> String {
        if inbox.isEmpty { _ = try await stream.read(into: &inbox, room: 65_536) }
        defer { inbox.removeAll() }
        return inbox.text
    }

    /// Everything until the server ends.
    func receiveAll() async throws -> String {
        while try await stream.read(into: &inbox, room: 65_536) > 0 {}
        defer { inbox.removeAll() }
        return inbox.text
    }

    func response(isForHead: Bool = false) async throws -> ReceivedResponse {
        var parser = ResponseParser(isForHead: isForHead)
        var body = ByteBuffer()
        var head: ResponseHead?
        while true {
            if head == nil {
                head = try parser.nextHead(from: &inbox)
                if head != nil { try parser.beginBody(sizeLimit: .max) }
            }
            if let head, try parser.readBody(from: &inbox, into: &body) {
                return ReceivedResponse(head: head, body: body.freeze())
            }
            let count = try await stream.read(into: &inbox, room: 65_536)
            guard count > 0 else {
                if let head, parser.finishAtEnd() {
                    return ReceivedResponse(head: head, body: body.freeze())
                }
                throw HTTPClientError.closedWithinResponse
            }
        }
    }

    /// `200 keep: text` or `400 close: text`.
    func answer() async throws -> String {
        let response = try await response()
        return
            "\(response.status.code) \(response.head.keepsAlive ? "keep" : "close"): \(response.text)"
    }

    /// Whether the server has ended the connection, everything before having been received.
    func isEnded() async throws -> Bool {
        guard inbox.isEmpty else { return false }
        return try await stream.read(into: &inbox, room: 1) == 0
    }
}

extension ReceivedResponse {
    var text: String { body.withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }
}

extension Gate {
    /// A text one task writes and another reads later.
    final class Note: Sendable {
        private let content = Mutex("")

        var text: String { content.withLock { $0 } }

        func write(_ text: String) {
            content.withLock { $0 = text }
        }
    }
}

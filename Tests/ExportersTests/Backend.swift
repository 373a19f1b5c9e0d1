import ComponentTesting
import Compression
import HTTP
import Primitives
import Sockets
import Synchronization

/// A server that notes what it is sent and answers as it is told.
final class Backend: RequestHandler {
    /// A request as it arrived, its body decompressed.
    struct Arrival: Equatable, Sendable {
        var target: String
        var contentType: String?
        var contentEncoding: String?
        var body: [UInt8]
    }

    private struct State {
        var arrivals: [Arrival] = []
        var heads: [RequestHead] = []
        var answers: [Response]
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>
    private let isSilent: Bool

    /// - Parameter answers: In turn; the last one is repeated. Silence lasts until `release`.
    init(_ answers: [Response] = [Response(.ok)], isSilent: Bool = false) {
        state = Mutex(State(answers: answers))
        self.isSilent = isSilent
    }

    var arrivals: [Arrival] { state.withLock { $0.arrivals } }
    /// Headers of each request, in order.
    var headers: [Headers] { state.withLock { $0.heads.map(\.headers) } }

    func admit(_ head: RequestHead, from peer: SocketAddress) -> HTTP.Admission {
        .readBody(limit: nil)
    }

    func respond(
        to head: RequestHead, body: consuming ByteBuffer, from peer: SocketAddress
    ) async -> Response {
        let coding = head.headers[.contentEncoding]
        let plain = try? Decompressor().decompress(
            body.bytes, coding.flatMap(ContentCoding.init(headerValue:)) ?? .identity,
            limit: 1 << 20)
        let arrival = Arrival(
            target: head.query.map { "\(head.path)?\($0)" } ?? head.path,
            contentType: head.headers[.contentType], contentEncoding: coding,
            body: plain?.withUnsafeBytes { Array($0) } ?? [])
        let answer = state.withLock { state in
            state.arrivals.append(arrival)
            state.heads.append(head)
            return state.answers.count > 1 ? state.answers.removeFirst() : state.answers[0]
        }
        if isSilent {
            await withCheckedContinuation { waiter in
                state.withLock { $0.waiting.append(waiter) }
            }
        }
        return answer
    }

    /// Ends the silence.
    func release() {
        let waiting = state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        for waiter in waiting { waiter.resume() }
    }
}

/// Runs `body` beside a server that is a backend.
func withBackend<Result: Sendable>(
    _ backend: Backend = Backend(), tls: TLSContext? = nil,
    _ body: (Endpoint) async throws -> Result
) async throws -> Result {
    let loop = try EventLoop(name: "backend")
    loop.start()
    defer { loop.stop() }
    let server = try HTTPServer(
        Endpoint(host: "127.0.0.1", port: 0), tls: tls, handler: backend)
    server.start(on: [loop])
    let result: Swift.Result<Result, any Error>
    do { result = .success(try await body(server.endpoint)) } catch { result = .failure(error) }
    backend.release()
    await server.stop(by: .now() + .milliseconds(200))
    return try result.get()
}

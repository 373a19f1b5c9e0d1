import Primitives
import Sockets

/// Where a client sends its requests: one scheme, host and port, or a unix-domain socket.
package struct Origin: Hashable, Sendable {
    package let endpoint: Endpoint
    package let isEncrypted: Bool
    /// What stands in `Host`.
    package let authority: String

    package init(_ url: URL) {
        endpoint = Endpoint(host: url.host, port: url.port)
        isEncrypted = url.scheme == .https
        authority = url.authority
    }

    package init(unixPath: String, authority: String = "localhost") {
        endpoint = .unix(path: unixPath)
        isEncrypted = false
        self.authority = authority
    }
}

/// What may be said about a client besides its origin. Names of the configuration in brackets.
package struct HTTPClientOptions: Sendable {
    /// Connections kept while nobody needs them. (`max_idle_conns_per_host`)
    package var idleConnectionLimit = 100
    /// How long they are kept. (`idle_conn_timeout`)
    package var idleTime = Duration.seconds(90)
    /// Connections at once; more requests wait their turn. (`max_conns_per_host`)
    package var connectionLimit = Int.max
    /// Bytes of a response's body. OTLP recommends 4 MiB.
    package var responseSizeLimit = 4 * 1024 * 1024
    /// Limits for the heads of responses.
    package var limits = HTTPLimits()
    /// For `https`; `nil` for a context with OpenSSL's defaults and the system's roots.
    package var tls: TLSContext?

    package init() {}
}

/// A request to send. Content-Length is written by the client, and Host if it is not given.
package struct Request: Sendable {
    package var method: Method
    /// Path and query, as `URL.target` has them.
    package var target: String
    package var headers: Headers
    package var body: ByteChain
    /// Whether it does no harm if the server gets it twice. Then it is sent once more, over a fresh
    /// connection, if an idle one turns out to be dead: the server may have got the first one.
    package var mayBeRepeated: Bool

    package init(
        _ method: Method, _ target: String, headers: Headers = Headers(),
        body: ByteChain = ByteChain(), mayBeRepeated: Bool = false
    ) {
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
        self.mayBeRepeated = mayBeRepeated
    }
}

/// A whole response.
package struct ReceivedResponse: Sendable {
    package let head: ResponseHead
    package let body: Body

    package var status: Status { head.status }
    package var headers: Headers { head.headers }
}

/// Sends requests to one origin over a pool of keep-alive connections.
///
/// Confined to its loop: `send` is called by tasks of that loop, any number of them at once, each
/// with a connection of its own. Redirects are not followed: a backend must not choose where
/// telemetry goes.
package final class HTTPClient: @unchecked Sendable {
    package let origin: Origin
    package let loop: EventLoop
    private let options: HTTPClientOptions
    private let tls: TLSContext?
    private let pool: ConnectionPool

    /// Throws if `https` cannot be spoken here.
    package init(
        to origin: Origin, options: HTTPClientOptions = HTTPClientOptions(), on loop: EventLoop
    ) throws(TLSFailure) {
        self.origin = origin
        self.options = options
        self.loop = loop
        if origin.isEncrypted && options.tls == nil {
            tls = try TLSContext.client()
        } else {
            tls = origin.isEncrypted ? options.tls : nil
        }
        pool = ConnectionPool(options, on: loop)
    }

    /// Connections at the moment, busy or idle. Only on the loop.
    package var connectionCount: Int { pool.connectionCount }

    /// Sends the request and reads the whole response. `timeout` is for everything together, from
    /// waiting for a connection to the last byte.
    package func send(
        _ request: Request, timeout: Duration
    ) async throws(HTTPClientError) -> ReceivedResponse {
        precondition(loop.isCurrent, "a client is used by tasks of its loop")
        let deadline = loop.now + timeout
        try await pool.waitForTurn(until: deadline, timeout)
        defer { pool.endTurn() }
        if let stream = pool.takeIdle() {
            do throws(HTTPClientError) {
                return try await exchange(request, over: stream, deadline, timeout)
            } catch .closedBeforeResponse where request.mayBeRepeated {
                // The idle connection was dead: fall through to a fresh one, which is tried once.
            }
        }
        return try await exchange(
            request, over: try await connect(deadline, timeout), deadline, timeout)
    }

    /// Closes all idle connections, and busy ones when their exchange ends. Only on the loop.
    package func close() {
        pool.close()
    }

    private func connect(
        _ deadline: Instant, _ timeout: Duration
    ) async throws(HTTPClientError) -> Sockets.Stream {
        do throws(SocketError) {
            return try await Sockets.Stream.connect(
                to: origin.endpoint, deadline: deadline, tls: tls)
        } catch {
            throw HTTPClientError(connecting: error, timeout: timeout)
        }
    }

    private func exchange(
        _ request: Request, over stream: Sockets.Stream, _ deadline: Instant, _ timeout: Duration
    ) async throws(HTTPClientError) -> ReceivedResponse {
        stream.deadline = deadline
        var exchange = ClientExchange(
            stream, options, timeout: timeout, isForHead: request.method == .head)
        do throws(HTTPClientError) {
            let response = try await exchange.run(request, authority: origin.authority)
            if exchange.canBeReused(after: response.head) {
                pool.keep(stream)
            } else {
                stream.close()
            }
            return response
        } catch {
            stream.close()
            throw error
        }
    }
}

/// One request and its response over one connection.
struct ClientExchange: ~Copyable {
    private static let readSize = 8 * 1024

    private let stream: Sockets.Stream
    private let options: HTTPClientOptions
    private let timeout: Duration
    private var parser: ResponseParser
    private var inbox = ByteBuffer()
    private var hasSentAll = false

    init(
        _ stream: Sockets.Stream, _ options: HTTPClientOptions, timeout: Duration, isForHead: Bool
    ) {
        self.stream = stream
        self.options = options
        self.timeout = timeout
        parser = ResponseParser(limits: options.limits, isForHead: isForHead)
    }

    mutating func run(
        _ request: Request, authority: String
    ) async throws(HTTPClientError) -> ReceivedResponse {
        try await write(request, authority: authority)
        let head = try await readHead()
        let body = try await readBody()
        return ReceivedResponse(head: head, body: body.freeze())
    }

    /// Whether the connection is in a state that both sides agree on.
    func canBeReused(after head: ResponseHead) -> Bool {
        // What is left in the inbox was not asked for, and must not answer the next request.
        head.keepsAlive && hasSentAll && inbox.isEmpty
    }

    /// A server may answer and close before it has read everything, as with 413. So a connection
    /// that breaks while writing may still hold an answer, and reading tells whether it does.
    private mutating func write(
        _ request: Request, authority: String
    ) async throws(HTTPClientError) {
        var outbox = Self.head(of: request, authority: authority)
        do throws(SocketError) {
            try await stream.write(&outbox, request.body)
            hasSentAll = true
        } catch {
            if error == .timedOut { throw .timedOut(.writing, after: timeout) }
            guard error.isDisconnect else { throw .write(error) }
        }
    }

    private static func head(of request: Request, authority: String) -> ByteBuffer {
        var head = ByteBuffer(capacity: 512)
        head.append(request.method.description)
        head.append(" ")
        head.append(request.target)
        head.append(" HTTP/1.1\r\n")
        if !request.headers.contains(.host) {
            head.append("Host: ")
            head.append(authority)
            head.append("\r\n")
        }
        request.headers.appendLines(to: &head)
        let hasMeaningfulBody = request.method != .get && request.method != .head
        if request.body.count > 0 || hasMeaningfulBody {
            head.append("Content-Length: ")
            head.append(decimal: request.body.count)
            head.append("\r\n")
        }
        head.append("\r\n")
        return head
    }

    private mutating func readHead() async throws(HTTPClientError) -> ResponseHead {
        var hasBegun = false
        while true {
            do throws(MessageError) {
                if let head = try parser.nextHead(from: &inbox) {
                    try parser.beginBody(sizeLimit: options.responseSizeLimit)
                    return head
                }
            } catch {
                throw HTTPClientError(response: error)
            }
            let count: Int
            do throws(SocketError) {
                count = try await stream.read(into: &inbox, room: Self.readSize)
            } catch {
                throw readFailure(error, hasBegun: hasBegun)
            }
            guard count > 0 else {
                throw hasBegun ? .closedWithinResponse : .closedBeforeResponse
            }
            hasBegun = true
        }
    }

    private mutating func readBody() async throws(HTTPClientError) -> ByteBuffer {
        var body = ByteBuffer()
        while true {
            do throws(MessageError) {
                if try parser.readBody(from: &inbox, into: &body) { return body }
            } catch {
                throw HTTPClientError(response: error)
            }
            let arrival: (count: Int, isDirect: Bool)
            do throws(SocketError) {
                arrival = try await stream.read(
                    for: parser.body, into: &body, or: &inbox, readSize: Self.readSize)
            } catch {
                throw readFailure(error, hasBegun: true)
            }
            if arrival.count == 0 {
                guard parser.finishAtEnd() else { throw .closedWithinResponse }
                return body
            }
            if arrival.isDirect { parser.bodyGrew(by: arrival.count) }
        }
    }

    private func readFailure(_ error: SocketError, hasBegun: Bool) -> HTTPClientError {
        if error == .timedOut { return .timedOut(.reading, after: timeout) }
        if error.isDisconnect { return hasBegun ? .closedWithinResponse : .closedBeforeResponse }
        return .read(error)
    }
}

import Primitives
import Sockets

/// One connection of a server, from its first byte to its last, as straight-line code.
///
/// Owned by its task; nothing else touches it.
struct ServerConnection: ~Copyable {
    /// A small request arrives whole in one read of this size, and an idle connection holds little
    /// more than this.
    private static let readSize = 8 * 1024

    private let stream: Sockets.Stream
    private let service: HTTPServer.Service
    private let roster: ConnectionRoster
    private let presence: ConnectionRoster.Presence
    private var parser: RequestParser
    private var inbox = ByteBuffer()
    private var outbox = ByteBuffer()

    /// Why the connection ends: nothing more to say, or an answer that must be given first.
    private enum Ending: Error {
        case silent
        case refused(Refusal, head: RequestHead?)
    }

    init(
        _ stream: Sockets.Stream, _ service: HTTPServer.Service, _ roster: ConnectionRoster,
        _ presence: ConnectionRoster.Presence
    ) {
        self.stream = stream
        self.service = service
        self.roster = roster
        self.presence = presence
        parser = RequestParser(limits: service.limits)
    }

    private var limits: HTTPLimits { service.limits }
    private var now: Instant { stream.loop.now }

    /// Serves requests until the connection is done with.
    mutating func serve() async {
        do throws(Ending) {
            if let tls = service.tls { try await encrypt(with: tls) }
            repeat {
                let head = try await nextHead()
                service.counts.requestBegan()
                guard try await serve(head) else {
                    // Who asked for the end sends nothing more.
                    if head.keepsAlive { await linger() }
                    return
                }
                inbox.shrink(to: Self.readSize)
                outbox.shrink(to: Self.readSize)
            } while true
        } catch {
            if case .refused(let refusal, let head) = error { await refuse(refusal, head: head) }
        }
    }

    /// Says why and reads on for a moment, so that the answer is not overtaken by a reset.
    mutating func refuse(
        _ refusal: Refusal, head: RequestHead? = nil, lingers: Bool = true
    ) async {
        service.counts.refused(refusal)
        if case .incomplete = refusal { return }
        // Before the handshake there is nothing that a client of TLS could read.
        if service.tls != nil && stream.encryption == nil { return }
        let response = service.handler.response(to: refusal, head: head)
        let writer = ResponseWriter(
            omitsBody: head?.method == .head, version: .http11, keepsAlive: false)
        guard (try? await write(response, writer)) != nil, lingers else { return }
        await linger()
    }

    private func encrypt(with tls: TLSContext) async throws(Ending) {
        stream.deadline = now + limits.headerTime
        do throws(SocketError) {
            try await stream.encrypt(with: tls)
        } catch {
            // There is no safe way to tell the client more than TLS has told it.
            service.counts.refused(.handshakeFailed)
            throw .silent
        }
    }

    // MARK: Reading

    private mutating func nextHead() async throws(Ending) -> RequestHead {
        var hasBegun = false
        stream.deadline = now + limits.idleTime
        while true {
            if let head = try parsedHead() { return head }
            if !hasBegun && parser.hasBegunHead(inbox) {
                hasBegun = true
                stream.deadline = now + limits.headerTime
            }
            try await readIntoInbox(hasBegun: hasBegun)
        }
    }

    private mutating func parsedHead() throws(Ending) -> RequestHead? {
        do throws(MessageError) {
            return try parser.nextHead(from: &inbox)
        } catch {
            throw .refused(.malformed(error), head: nil)
        }
    }

    private mutating func readIntoInbox(hasBegun: Bool) async throws(Ending) {
        if !hasBegun {
            if roster.isStopping { throw .silent }
            presence.isIdle = true
        }
        defer { presence.isIdle = false }
        do throws(SocketError) {
            if try await stream.read(into: &inbox, room: Self.readSize) > 0 { return }
        } catch .timedOut where hasBegun {
            throw .refused(.headerTimeout(after: limits.headerTime), head: nil)
        } catch {
            throw .silent
        }
        throw hasBegun ? .refused(.incomplete, head: nil) : .silent
    }

    private mutating func readBody(
        of head: RequestHead, sizeLimit: Int
    ) async throws(Ending) -> ByteBuffer {
        var body = ByteBuffer()
        let began = now
        do throws(MessageError) {
            try parser.beginBody(sizeLimit: sizeLimit)
            if head.framing == .none, try parser.readBody(from: &inbox, into: &body) {
                return body
            }
            if case .length = head.framing { parser.body?.reserve(in: &body) }
        } catch {
            throw .refused(.malformed(error), head: head)
        }
        try await sendContinue(for: head)
        while try !decodeBody(of: head, into: &body) {
            stream.deadline = limits.bodyDeadline(began: began, received: body.count)
            try await readMore(of: head, into: &body)
        }
        service.counts.bodyArrived(body.count)
        return body
    }

    private mutating func decodeBody(
        of head: RequestHead, into body: inout ByteBuffer
    ) throws(Ending) -> Bool {
        do throws(MessageError) {
            return try parser.readBody(from: &inbox, into: &body)
        } catch {
            throw .refused(.malformed(error), head: head)
        }
    }

    /// Reads once: straight into the body if the next bytes belong there, else into the inbox.
    private mutating func readMore(
        of head: RequestHead, into body: inout ByteBuffer
    ) async throws(Ending) {
        do throws(SocketError) {
            let arrival = try await stream.read(
                for: parser.body, into: &body, or: &inbox, readSize: Self.readSize)
            if arrival.isDirect { parser.bodyGrew(by: arrival.count) }
            if arrival.count > 0 { return }
        } catch .timedOut {
            throw .refused(.bodyTooSlow, head: head)
        } catch {
            throw .refused(.incomplete, head: head)
        }
        throw .refused(.incomplete, head: head)
    }

    /// RFC 9110 §10.1.1: not needed if the body is already on its way.
    private mutating func sendContinue(for head: RequestHead) async throws(Ending) {
        guard head.expectsContinue, inbox.isEmpty else { return }
        outbox.append("HTTP/1.1 100 Continue\r\n\r\n")
        try await flush(nil)
    }

    // MARK: Answering

    /// Returns whether another request may follow.
    private mutating func serve(_ head: RequestHead) async throws(Ending) -> Bool {
        switch service.handler.admit(head, from: stream.peer) {
        case .readBody(let limit):
            let body = try await readBody(of: head, sizeLimit: limit ?? limits.bodySize)
            let response = await service.handler.respond(to: head, body: body, from: stream.peer)
            let keepsAlive = keepsAlive(after: head, response)
            try await write(response, writer(for: head, keepsAlive))
            return keepsAlive
        case .respond(let response):
            return try await turnAway(head, response)
        }
    }

    /// Answers a request whose body is not wanted. A small body is read and dropped, so that the
    /// connection lives on; a client that waits for 100 Continue must be told by closing that the
    /// body will not be read.
    private mutating func turnAway(
        _ head: RequestHead, _ response: Response
    ) async throws(Ending) -> Bool {
        let isSmall = head.declaredBodySize.map { $0 <= limits.drainSize } ?? true
        let drains = isSmall && !head.expectsContinue
        let keepsAlive = drains && keepsAlive(after: head, response)
        try await write(response, writer(for: head, keepsAlive))
        guard keepsAlive else { return false }
        do throws(Ending) {
            _ = try await readBody(of: head, sizeLimit: limits.drainSize)
            return true
        } catch {
            // It has been answered already, so there is nothing more to say.
            return false
        }
    }

    private func keepsAlive(after head: RequestHead, _ response: Response) -> Bool {
        head.keepsAlive && !response.closesConnection && !roster.isStopping
    }

    private func writer(for head: RequestHead, _ keepsAlive: Bool) -> ResponseWriter {
        ResponseWriter(
            omitsBody: head.method == .head, version: head.version, keepsAlive: keepsAlive)
    }

    private mutating func write(
        _ response: Response, _ writer: ResponseWriter
    ) async throws(Ending) {
        let rest = writer.append(response, to: &outbox, date: &roster.date, now: now)
        try await flush(rest)
    }

    private mutating func flush(_ rest: ByteChain?) async throws(Ending) {
        stream.deadline = now + limits.writeTime
        do throws(SocketError) {
            if let rest {
                try await stream.write(&outbox, rest)
            } else {
                try await stream.write(&outbox)
            }
        } catch .timedOut {
            service.counts.refused(.answerNotRead(after: limits.writeTime))
            throw .silent
        } catch {
            throw .silent
        }
    }

    // MARK: Ending

    /// RFC 9112 §9.6: says that nothing more will be sent, and reads what is still under way.
    private mutating func linger() async {
        stream.closeWriting()
        stream.deadline = now + limits.lingerTime
        var dropped = 0
        while dropped < limits.lingerSize {
            inbox.removeAll()
            guard let count = try? await stream.read(into: &inbox, room: Self.readSize), count > 0
            else { return }
            dropped += count
        }
    }
}

extension ByteBuffer {
    /// Gives back memory that an unusual request needed, if nothing is in it.
    fileprivate mutating func shrink(to capacityLimit: Int) {
        if isEmpty { removeAll(keepingCapacityUpTo: capacityLimit) }
    }
}

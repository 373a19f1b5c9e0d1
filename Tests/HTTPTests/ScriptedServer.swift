import Primitives
import Sockets
import Synchronization

@testable import HTTP

/// Plays one script per connection, and knows nothing of HTTP but where a request ends.
final class ScriptedServer: Sendable {
    enum Step: Sendable {
        /// Reads one whole request and notes its body.
        case readRequest
        /// Reads a head and leaves its body unread.
        case readHead
        case send(String)
        /// Reads until the client closes, and notes that it did.
        case awaitEnd
        case wait(Gate)
    }

    let endpoint: Endpoint
    private let listener: Listener
    private let shared = Shared()

    /// What happened, in order: `1: POST / 'body'`, `1: ended`.
    var events: [String] { shared.log.withLock { $0 } }
    var connectionCount: Int { listener.counts.accepted.load(ordering: .relaxed) }

    init(
        on loop: EventLoop, tls: TLSContext? = nil, _ scripts: [Step]...
    ) throws {
        listener = try Listener(Endpoint(host: "127.0.0.1", port: 0))
        endpoint = listener.endpoint
        listener.start(on: loop, handingTo: [loop]) { [shared] stream in
            let number = shared.next.add(1, ordering: .relaxed).oldValue
            guard number < scripts.count else { return }
            stream.deadline = .now() + patience
            if let tls, (try? await stream.encrypt(with: tls)) == nil { return }
            var player = Player(stream: stream)
            for step in scripts[number] {
                guard let event = try? await player.play(step) else { return }
                if !event.isEmpty {
                    shared.log.withLock { $0.append("\(number + 1): \(event)") }
                }
            }
        }
    }

    func close() async {
        await listener.close()
    }

    /// What the connections' tasks share.
    private final class Shared: Sendable {
        let next = Atomic<Int>(0)
        let log = Mutex<[String]>([])
    }

    /// One connection's state.
    private struct Player: ~Copyable {
        let stream: Sockets.Stream
        var parser = RequestParser()
        var inbox = ByteBuffer()

        mutating func play(_ step: Step) async throws -> String {
            switch step {
            case .readRequest:
                let head = try await readHead()
                try parser.beginBody(sizeLimit: .max)
                var body = ByteBuffer()
                while try !parser.readBody(from: &inbox, into: &body) { try await readMore() }
                let text = body.count > 100 ? "\(body.count) bytes" : "'\(body.text)'"
                return "\(head.method) \(head.path) \(text)"
            case .readHead:
                let head = try await readHead()
                return "\(head.method) \(head.path)"
            case .send(let text):
                var buffer = ByteBuffer()
                buffer.append(text)
                try await stream.write(&buffer)
                return ""
            case .awaitEnd:
                inbox.removeAll()
                while try await stream.read(into: &inbox, room: 65_536) > 0 { inbox.removeAll() }
                return "ended"
            case .wait(let gate):
                await gate.pass()
                return ""
            }
        }

        private mutating func readHead() async throws -> RequestHead {
            while true {
                if let head = try parser.nextHead(from: &inbox) { return head }
                try await readMore()
            }
        }

        private mutating func readMore() async throws {
            guard try await stream.read(into: &inbox, room: 65_536) > 0 else {
                throw SocketError.closed
            }
        }
    }
}

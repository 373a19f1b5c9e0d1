import Glibc

/// Why something with a socket, a name or a loop did not work.
///
/// The text is made by `description`, for log lines and messages to users.
package enum SocketError: Error, Equatable {
    /// A system call failed in a way that has no case of its own.
    case system(call: String, errno: Int32)
    /// The endpoint could not be listened on.
    case cannotListen(on: String, errno: Int32)
    /// None of the addresses could be connected to; the error of the last one.
    case cannotConnect(to: String, errno: Int32)
    case invalidEndpoint(String, EndpointProblem)
    case nameNotResolved(String, reason: String)
    /// The resolver has as many questions as it takes.
    case resolverBusy(limit: Int)
    case tls(TLSFailure)
    /// The deadline of the operation passed.
    case timedOut
    /// The stream was closed on this side.
    case closed
    /// The event loop stops or has stopped.
    case loopStopped

    init(call: StaticString, errno: Int32) {
        self = .system(call: String(describing: call), errno: errno)
    }

    /// The errno behind the error, 0 if there is none.
    package var errno: Int32 {
        switch self {
        case .system(_, let code), .cannotListen(_, let code), .cannotConnect(_, let code): code
        case .timedOut: ETIMEDOUT
        default: 0
        }
    }

    /// Whether the other side went away, which is a peer's right and not a fault of this program.
    package var isDisconnect: Bool {
        self == .tls(.truncated)
            || [ECONNRESET, EPIPE, ECONNABORTED, ENOTCONN, ETIMEDOUT].contains(errno)
    }

    /// The kernel's text for a number, beginning in lower case as our messages do.
    static func text(of code: Int32) -> String {
        guard let text = strerror(code) else { return "error \(code)" }
        let message = String(cString: text)
        return message.prefix(1).lowercased() + message.dropFirst()
    }
}

extension SocketError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .system(let call, let code): "\(call): \(Self.text(of: code))"
        case .cannotListen(let endpoint, let code): Self.listening(on: endpoint, code)
        case .cannotConnect(let endpoint, let code): "\(endpoint): \(Self.text(of: code))"
        case .invalidEndpoint(let text, let problem): "'\(text)' is no endpoint: \(problem)"
        case .nameNotResolved(let host, let reason):
            "the name '\(host)' could not be resolved: \(reason)"
        case .resolverBusy(let limit):
            "\(limit) names are waiting to be resolved, which is the limit; is a name server down?"
        case .tls(let failure): failure.description
        case .timedOut: "timed out"
        case .closed: "the connection was closed on this side"
        case .loopStopped: "the event loop is stopped"
        }
    }

    private static func listening(on endpoint: String, _ code: Int32) -> String {
        let place = "cannot listen on \(endpoint): \(text(of: code))"
        switch code {
        case EADDRINUSE: return place + "; stop what uses it or choose another endpoint"
        case EACCES: return place + "; ports below 1024 and foreign directories need privileges"
        case EADDRNOTAVAIL: return place + "; no interface of this host has that address"
        default: return place
        }
    }
}

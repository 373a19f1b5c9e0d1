import Primitives
import Sockets

/// Why a request has no response, by the step that failed.
package enum HTTPClientError: Error, Equatable, Sendable {
    case resolve(SocketError)
    case connect(SocketError)
    case tls(TLSFailure)
    case write(SocketError)
    case read(SocketError)
    /// The connection ended without a byte of response, and the request was not to be repeated or
    /// had been. Whether the server worked on it is unknown.
    case closedBeforeResponse
    case closedWithinResponse
    case malformedResponse(MessageError)
    case responseTooLarge(limit: Int)
    case timedOut(Step, after: Duration)
    case clientClosed

    /// What was going on when the time was up.
    package enum Step: String, Sendable {
        /// All connections that may be open were busy.
        case waitingForConnection
        case connecting, writing, reading
    }

    init(connecting error: SocketError, timeout: Duration) {
        self =
            switch error {
            case .timedOut: .timedOut(.connecting, after: timeout)
            case .nameNotResolved, .resolverBusy: .resolve(error)
            case .tls(let failure): .tls(failure)
            default: .connect(error)
            }
    }

    init(response error: MessageError) {
        if case .bodyTooLarge(let limit) = error {
            self = .responseTooLarge(limit: limit)
        } else {
            self = .malformedResponse(error)
        }
    }
}

extension HTTPClientError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .resolve(let error): "\(error)"
        case .connect(let error): "could not connect: \(error)"
        case .tls(let failure): "could not connect safely: \(failure)"
        case .write(let error): "the request could not be sent: \(error)"
        case .read(let error): "the response could not be read: \(error)"
        case .closedBeforeResponse: "the server closed the connection before it responded"
        case .closedWithinResponse: "the server closed the connection in the middle of its response"
        case .malformedResponse(let error): "the response is not acceptable: \(error)"
        case .responseTooLarge(let limit): "the response is larger than \(limit) bytes"
        case .timedOut(let step, let time): "\(step) after \(time)"
        case .clientClosed: "the client is closed"
        }
    }
}

extension HTTPClientError.Step: CustomStringConvertible {
    package var description: String {
        switch self {
        case .waitingForConnection: "no connection became free and the time was up"
        case .connecting: "no connection could be made and the time was up"
        case .writing: "the request was not sent whole and the time was up"
        case .reading: "the response was not there and the time was up"
        }
    }
}

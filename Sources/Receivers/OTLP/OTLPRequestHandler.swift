import Compression
import HTTP
import Logging
import OTLP
import Pipeline
import Primitives
import Sockets
import Telemetry

/// What an OTLP/HTTP request means: which signal, in which encoding, and how it is answered.
/// (OTLP specification, "OTLP/HTTP")
///
///     path ─▶ method ─▶ Content-Type ─▶ Content-Encoding ─▶ body ─▶ decompress ─▶ decode ─▶ inlet
///      404     405         415               415           413 408     400 413     400     503 500
///
/// Used by all receiving loops at once. A small uncompressed protobuf request allocates nothing
/// here: heads are compared in place, and the answer was made at start.
final class OTLPRequestHandler: RequestHandler {
    private let settings: OTLPHTTPSettings
    private let destinations: [Destination]
    private let logger: Logger
    private let decompressors = DecompressorPool()
    private let acceptedProtobuf: Response
    private let acceptedJSON: Response
    /// Requests turned away by what their head or body says, by `Rejection.reason`.
    let rejections = LabelledCounter()

    /// A path that some pipeline receives at.
    private struct Destination {
        let path: String
        let inlet: Inlet
    }

    /// What the head says about the body.
    private struct BodyRoute {
        let inlet: Inlet
        let encoding: OTLPEncoding
        let coding: ContentCoding
    }

    init(_ settings: OTLPHTTPSettings, inlets: [Signal: Inlet], logger: Logger) {
        self.settings = settings
        self.logger = logger
        destinations = Signal.allCases.compactMap { signal in
            guard let path = settings.paths[signal], let inlet = inlets[signal] else { return nil }
            return Destination(path: path, inlet: inlet)
        }
        acceptedProtobuf = settings.finished(OTLPAnswer.accepted(.protobuf))
        acceptedJSON = settings.finished(OTLPAnswer.accepted(.json))
    }

    /// Decides from the head alone, so that a request that will be refused sends no body.
    func admit(_ head: RequestHead, from peer: SocketAddress) -> HTTP.Admission {
        if let preflight = settings.cors?.preflight(head) {
            return .respond(settings.finished(preflight))
        }
        do throws(Rejection) {
            let route = try route(head)
            if let refusal = route.inlet.standingRefusal {
                rejections.add(1, refusal.reason)
                let answer = OTLPAnswer.refused(refusal, route.encoding)
                return .respond(decorated(settings.finished(answer), head))
            }
            return .readBody(limit: settings.bodySizeLimit)
        } catch {
            return .respond(answer(to: error, head))
        }
    }

    /// Looks at the head again, which costs less than it would to remember what it said.
    func respond(
        to head: RequestHead, body: consuming ByteBuffer, from peer: SocketAddress
    ) async -> Response {
        do throws(Rejection) {
            let route = try route(head)
            let batch = try decode(body, route)
            let sender = route.inlet.usesSender ? sender(of: head, peer) : nil
            if let refusal = await route.inlet.deliver(batch, from: sender) {
                // The ledger has counted it.
                let answer = OTLPAnswer.refused(refusal, route.encoding)
                return decorated(settings.finished(answer), head)
            }
            return decorated(route.encoding == .json ? acceptedJSON : acceptedProtobuf, head)
        } catch {
            return answer(to: error, head)
        }
    }

    private func sender(of head: RequestHead, _ peer: SocketAddress) -> Sender {
        Sender(
            address: peer.host, metadata: settings.includesMetadata ? head.headers.all : [])
    }

    func response(to refusal: HTTP.Refusal, head: RequestHead?) -> Response {
        let answer = OTLPAnswer.refused(refusal, head?.otlpEncoding ?? .json)
        guard let head else { return settings.finished(answer) }
        logger.warning(
            "refused a request",
            metadata: ["reason": "\(refusal.reason)", "message": "\(refusal)"])
        return decorated(settings.finished(answer), head)
    }

    // MARK: The head

    private func route(_ head: RequestHead) throws(Rejection) -> BodyRoute {
        guard let destination = destinations.first(where: { head.hasPath($0.path) }) else {
            throw .notFound(head, knownPaths: destinations.map(\.path))
        }
        guard head.method == .post else { throw .method(head) }
        guard let encoding = head.otlpEncoding else { throw .contentType(head) }
        guard let coding = coding(head) else {
            throw .contentEncoding(head, encoding, accepted: settings.codings)
        }
        return BodyRoute(inlet: destination.inlet, encoding: encoding, coding: coding)
    }

    /// Several fields are one list (RFC 9110 §5.3), which is no coding that is accepted.
    private func coding(_ head: RequestHead) -> ContentCoding? {
        guard head.headers.contains(.contentEncoding) else { return .identity }
        let value = head.headers.values(of: "Content-Encoding").joined(separator: ", ")
        return ContentCoding(headerValue: value).flatMap {
            settings.codings.contains($0) ? $0 : nil
        }
    }

    // MARK: The body

    private func decode(
        _ body: consuming ByteBuffer, _ route: BodyRoute
    ) throws(Rejection) -> Batch {
        if route.coding != .identity { body = try decompressed(body, route) }
        let signal = route.inlet.signal
        do throws(OTLPError) {
            switch route.encoding {
            case .protobuf: return try Batch(validating: body.freeze(), as: signal)
            case .json: return try Batch(json: body.bytes, as: signal)
            }
        } catch {
            throw .malformed("the body is not valid OTLP: \(error)", route.encoding)
        }
    }

    private func decompressed(
        _ body: borrowing ByteBuffer, _ route: BodyRoute
    ) throws(Rejection) -> ByteBuffer {
        do throws(CompressionError) {
            return try decompressors.decompress(
                body.bytes, route.coding, limit: settings.bodySizeLimit)
        } catch .outputTooLarge(let limit) {
            throw .tooLarge(limit: limit, route.encoding)
        } catch {
            throw .malformed("\(error)", route.encoding)
        }
    }

    // MARK: Answers

    private func answer(to rejection: Rejection, _ head: RequestHead) -> Response {
        rejections.add(1, rejection.reason)
        // Scanners ask for all kinds of paths; the others lost data.
        logger.log(
            level: rejection.isForeign ? .debug : .warning, "refused a request",
            metadata: ["reason": "\(rejection.reason)", "message": "\(rejection.message)"])
        return decorated(settings.finished(rejection.response), head)
    }

    private func decorated(_ response: Response, _ head: RequestHead) -> Response {
        guard let cors = settings.cors else { return response }
        var response = response
        cors.decorate(&response, for: head)
        return response
    }
}

extension RequestHead {
    /// What its Content-Type names; what SDKs send is told apart without allocating.
    fileprivate var otlpEncoding: OTLPEncoding? {
        if headers.value(of: .contentType, is: "application/x-protobuf") { return .protobuf }
        if headers.value(of: .contentType, is: "application/json") { return .json }
        return headers[.contentType].flatMap(OTLPEncoding.init)
    }
}

extension OTLPHTTPSettings {
    /// With what the configuration adds to every answer.
    fileprivate func finished(_ response: Response) -> Response {
        var response = response
        for header in responseHeaders { response.headers.set(header.name, header.value.revealed) }
        if !keepsConnections { response.closesConnection = true }
        return response
    }
}

import Compression
import HTTP
import OTLP
import Pipeline
import Primitives
import Sockets
import Synchronization

/// What an OTLP/HTTP request means: which signal, in which encoding, and how it is answered.
/// (OTLP specification, "OTLP/HTTP")
///
/// Used by all receiving loops at once.
final class OTLPRequestHandler: RequestHandler {
    private let settings: OTLPHTTPSettings
    private let inlets: [Signal: Inlet]
    private let decompressors = DecompressorPool()

    init(_ settings: OTLPHTTPSettings, inlets: [Signal: Inlet]) {
        self.settings = settings
        self.inlets = inlets
    }

    /// Decides from the head alone, so that a request that will be refused sends no body.
    func admit(_ head: RequestHead, from peer: SocketAddress) -> HTTP.Admission {
        if let preflight = settings.cors?.preflight(head) {
            return .respond(finished(preflight, head))
        }
        switch route(head) {
        case .failure(let response): return .respond(finished(response, head))
        case .success: return .readBody(limit: settings.bodySizeLimit)
        }
    }

    func respond(to head: RequestHead, body: consuming ByteBuffer) async -> Response {
        switch route(head) {
        case .failure(let response): return finished(response, head)
        case .success(let route): return finished(await take(body, route), head)
        }
    }

    func response(to refusal: HTTP.Refusal, head: RequestHead?) -> Response {
        let encoding = head?.headers[.contentType].flatMap(OTLPEncoding.init)
        let code: RPCStatus.Code =
            refusal.status == .serviceUnavailable ? .unavailable : .invalidArgument
        let answer = OTLPAnswer.failure(
            refusal.status, code, refusal.description, encoding ?? .json)
        return head.map { finished(answer, $0) } ?? answer
    }

    /// What the head says about the body.
    private struct BodyRoute {
        let inlet: Inlet
        let encoding: OTLPEncoding
        let coding: ContentCoding
    }

    private enum Routing {
        case success(BodyRoute)
        case failure(Response)
    }

    private func route(_ head: RequestHead) -> Routing {
        let encoding = head.headers[.contentType].flatMap(OTLPEncoding.init)
        let answer = encoding ?? .json
        guard let signal = settings.paths[head.path], let inlet = inlets[signal] else {
            return .failure(notFound(head.path, answer))
        }
        guard head.method == .post else {
            var response = OTLPAnswer.failure(
                .methodNotAllowed, .unimplemented, "method \(head.method) is not allowed, use POST",
                answer)
            response.headers.append("Allow", "POST")
            return .failure(response)
        }
        guard let encoding else { return .failure(unsupportedType(head)) }
        guard let coding = coding(head) else { return .failure(unsupportedCoding(head, encoding)) }
        return .success(BodyRoute(inlet: inlet, encoding: encoding, coding: coding))
    }

    private func coding(_ head: RequestHead) -> ContentCoding? {
        guard let value = head.headers[.contentEncoding] else { return .identity }
        return ContentCoding(headerValue: value).flatMap {
            settings.codings.contains($0) ? $0 : nil
        }
    }

    // MARK: The body

    private func take(_ body: consuming ByteBuffer, _ route: BodyRoute) async -> Response {
        let batch: Batch
        switch decode(body, route) {
        case .failure(let response): return response
        case .success(let decoded): batch = decoded
        }
        if let refusal = await route.inlet.deliver(batch) {
            return OTLPAnswer.refused(refusal, route.encoding)
        }
        return OTLPAnswer.accepted(route.inlet.signal, route.encoding)
    }

    private enum Decoding {
        case success(Batch)
        case failure(Response)
    }

    private func decode(_ body: consuming ByteBuffer, _ route: BodyRoute) -> Decoding {
        do throws(CompressionError) {
            if route.coding != .identity {
                body = try decompressors.decompress(
                    body.bytes, route.coding, limit: settings.bodySizeLimit)
            }
        } catch {
            if case .outputTooLarge(let limit) = error {
                return .failure(tooLarge(limit, route.encoding))
            }
            return .failure(invalid("the body could not be decompressed: \(error)", route))
        }
        do throws(OTLPError) {
            let signal = route.inlet.signal
            switch route.encoding {
            case .protobuf: return .success(try Batch(validating: body.freeze(), as: signal))
            case .json: return .success(try Batch(json: body.bytes, as: signal))
            }
        } catch {
            return .failure(invalid("the body is not valid OTLP: \(error)", route))
        }
    }

    // MARK: Answers

    private func finished(_ response: Response, _ head: RequestHead) -> Response {
        var response = response
        settings.cors?.decorate(&response, for: head)
        for header in settings.responseHeaders {
            response.headers.set(header.name, header.value.revealed)
        }
        if !settings.keepsConnections { response.closesConnection = true }
        return response
    }

    private func notFound(_ path: String, _ encoding: OTLPEncoding) -> Response {
        let paths = settings.paths.filter { inlets[$0.value] != nil }.keys.sorted()
        return OTLPAnswer.failure(
            .notFound, .unimplemented,
            "nothing is received at \(path); send to \(paths.joined(separator: ", "))", encoding)
    }

    private func unsupportedType(_ head: RequestHead) -> Response {
        let type = head.headers[.contentType].map { "'\($0)'" } ?? "missing"
        return OTLPAnswer.failure(
            .unsupportedMediaType, .invalidArgument,
            "Content-Type is \(type), must be application/x-protobuf or application/json", .json)
    }

    private func unsupportedCoding(_ head: RequestHead, _ encoding: OTLPEncoding) -> Response {
        let names = settings.codings.map(\.rawValue).joined(separator: ", ")
        var response = OTLPAnswer.failure(
            .unsupportedMediaType, .invalidArgument,
            "Content-Encoding is '\(head.headers[.contentEncoding] ?? "")', must be one of \(names)",
            encoding)
        // RFC 9110 §15.5.16: says what would have been accepted.
        response.headers.append("Accept-Encoding", names)
        return response
    }

    private func tooLarge(_ limit: Int, _ encoding: OTLPEncoding) -> Response {
        OTLPAnswer.failure(
            .contentTooLarge, .invalidArgument,
            """
            the decompressed body is larger than max_request_body_size, \(limit) bytes; send \
            smaller batches
            """, encoding)
    }

    private func invalid(_ message: String, _ route: BodyRoute) -> Response {
        OTLPAnswer.failure(.badRequest, .invalidArgument, message, route.encoding)
    }
}

/// Decompressors lent to one request at a time, since each is large and not thread-safe.
/// Never more than requests that decompress at the same moment, so at most one a loop.
private final class DecompressorPool: Sendable {
    /// Owned by the pool or by one borrower, never by both.
    private struct Lendable: @unchecked Sendable {
        let decompressor: Decompressor
    }

    private let idle = Mutex<[Lendable]>([])

    func decompress(
        _ input: RawSpan, _ coding: ContentCoding, limit: Int
    ) throws(CompressionError) -> ByteBuffer {
        let lent =
            idle.withLock { $0.popLast() } ?? Lendable(decompressor: Decompressor())
        defer { idle.withLock { $0.append(lent) } }
        return try lent.decompressor.decompress(input, coding, limit: limit)
    }
}

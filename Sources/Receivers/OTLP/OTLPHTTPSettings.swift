import Compression
import Configuration
import HTTP
import OTLP
import Pipeline
import Primitives
import Sockets

/// `protocols.http` of the `otlp` receiver. Keys and defaults are otelcol's (config/confighttp).
struct OTLPHTTPSettings: Sendable {
    /// otelcol's default; applied to the body as sent, and again after decompression.
    static let defaultBodySizeLimit = ByteCount.mebibytes(20)

    let address: ListeningAddress
    /// `nil`: plain text.
    let tls: TLSSettings?
    let bodySizeLimit: Int
    let codings: [ContentCoding]
    let cors: CORSPolicy?
    let responseHeaders: [ConfiguredHeader]
    let paths: [Signal: String]
    let limits: HTTPLimits
    let keepsConnections: Bool
    /// Whether processors may read a request's headers.
    let includesMetadata: Bool

    init(from section: inout Section) {
        address = ListeningAddress(
            from: &section, default: Endpoint(host: "localhost", port: 4318))
        tls = section.takeSection(
            "tls", .offUnlessFilled, "encrypts, and may ask clients for certificates"
        ) {
            TLSSettings(serverFrom: &$0)
        }
        let sizeLimit = section.take(
            "max_request_body_size", default: Self.defaultBodySizeLimit,
            in: .bytes(0) ... .bytes(Batch.bodySizeLimit),
            "of a body as sent, and again when decompressed; 0 means 20MiB")
        bodySizeLimit = (sizeLimit.bytes == 0 ? Self.defaultBodySizeLimit : sizeLimit).bytes
        codings = Self.takeCodings(&section)
        cors = section.takeSection("cors", .offUnlessFilled, "which web pages may send") {
            CORSPolicy(from: &$0)
        }
        responseHeaders = section.takeHeaders(
            "response_headers", reserved: Self.reservedHeaders, "added to every response")
        paths = Self.takePaths(&section)
        limits = Self.takeLimits(&section, bodySizeLimit: bodySizeLimit)
        keepsConnections = section.take(
            "keep_alives_enabled", default: true, "whether a connection serves several requests")
        includesMetadata = section.take(
            "include_metadata", default: false, "whether processors may read requests' headers")
        Self.refuseWhatIsMissing(&section)
        warnIfOpen(&section)
    }

    /// Another value would contradict what is sent.
    private static let reservedHeaders = [
        "connection", "content-length", "content-type", "date", "transfer-encoding",
    ]

    /// Codings that otelcol knows and this build does not are left out with a warning, since
    /// files list them all.
    private static func takeCodings(_ section: inout Section) -> [ContentCoding] {
        let all = ContentCoding.allCases
        let names = section.takeStrings(
            "compression_algorithms", default: all.map(\.rawValue),
            "accepted values of Content-Encoding; identity is always accepted")
        let missing = ["snappy", "lz4", "x-snappy-framed"]
        for name in names where missing.contains(name) {
            section.warn("compression_algorithms", "names \(name), which this build does not have")
        }
        for name in names where !name.isEmpty && !missing.contains(name) {
            if ContentCoding(rawValue: name) == nil {
                section.refuse(
                    "compression_algorithms", "names '\(name)', which is not a content coding",
                    hint: "they are \(all.map(\.rawValue).joined(separator: ", "))")
            }
        }
        return all.filter { $0 == .identity || names.contains($0.rawValue) }
    }

    private static func takePaths(_ section: inout Section) -> [Signal: String] {
        var paths: [Signal: String] = [:]
        for signal in Signal.allCases {
            let key = "\(signal.rawValue)_url_path"
            var path = section.take(
                key, default: "/v1/\(signal.rawValue)", "where \(signal) are sent")
            if !path.hasPrefix("/") { path = "/" + path }
            if let other = paths.first(where: { $0.value == path }) {
                section.refuse(key, "is '\(path)', which is the path of \(other.key) already")
            }
            if !path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && !"?#".utf8.contains($0) }) {
                section.refuse(
                    key, "is '\(path)', but must be a path of visible ASCII without '?' and '#'",
                    hint: "write other characters as % and two hexadecimal digits")
            }
            paths[signal] = path
        }
        return paths
    }

    /// otelcol's timeouts are 0, none; here 0 means martlet's own bound, because without one a
    /// client that stalls holds a connection for ever.
    private static func takeLimits(
        _ section: inout Section, bodySizeLimit: Int
    ) -> HTTPLimits {
        var limits = HTTPLimits()
        limits.bodySize = bodySizeLimit
        func take(_ key: String, _ standard: Duration, _ doc: String) -> Duration {
            let time = section.take(
                key, default: .zero, in: .zero ... .seconds(86_400),
                "\(doc); 0 means \(standard.components.seconds)s")
            return time > .zero ? time : standard
        }
        limits.headerTime = take("read_header_timeout", limits.headerTime, "to receive a head")
        limits.bodyGraceTime = take(
            "read_timeout", limits.bodyGraceTime,
            "to receive a body, and longer only while 1 KiB/s arrives")
        limits.writeTime = take("write_timeout", limits.writeTime, "to send an answer")
        limits.idleTime = take("idle_timeout", limits.idleTime, "between two requests")
        limits.connections = section.take(
            "max_connections", default: limits.connections, in: 1...1_000_000,
            "connections at a time; more are answered 503")
        return limits
    }

    private static func refuseWhatIsMissing(_ section: inout Section) {
        section.refuseUnsupported("auth", "authentication")
        section.refuseUnsupported("middlewares", "HTTP middleware")
        section.ignore("dialer", because: "a server dials nobody")
    }

    private func warnIfOpen(_ section: inout Section) {
        guard address.isReachableFromOutside else { return }
        if tls == nil {
            section.warn(
                "endpoint", "is reachable from other machines, without TLS or authentication",
                hint: "write localhost:4318 if only this machine sends")
        }
    }
}

import Compression
import Configuration
import HTTP
import OTLP
import Pipeline
import Primitives
import Sockets

/// Options of the `otlp_http` exporter. Keys and defaults are otelcol's (otlphttpexporter).
struct OTLPHTTPExporterSettings: Sendable {
    /// Words of `compression`, with those that otelcol has and this build lacks.
    private enum CompressionWord: String, CaseIterable {
        case none, gzip, zstd, zlib, deflate, snappy, lz4
        case framedSnappy = "x-snappy-framed"
        case empty = ""
    }

    private enum EncodingWord: String, CaseIterable {
        case proto, json
    }

    /// A signal without an entry cannot be sent.
    let urls: [Signal: URL]
    let encoding: OTLPEncoding
    let coding: ContentCoding
    let level: Int
    let timeout: Duration
    let headers: [ConfiguredHeader]
    let tls: TLSSettings
    let connectionLimit: Int
    let idleConnectionLimit: Int
    let idleTime: Duration
    let keepsConnections: Bool

    init(from section: inout Section) {
        urls = Self.takeURLs(&section)
        encoding =
            section.take("encoding", default: EncodingWord.proto, "proto or json") == .json
            ? .json : .protobuf
        (coding, level) = Self.takeCompression(&section)
        let day = Duration.seconds(86_400)
        let timeout = section.take(
            "timeout", default: .seconds(30), in: .zero...day,
            "for one attempt, from connecting to the whole answer; 0 means 24h")
        self.timeout = timeout > .zero ? timeout : day
        headers = section.takeHeaders(
            "headers", reserved: ["connection", "content-length", "transfer-encoding"],
            "added to every request, or put in place of its own; Host too")
        tls =
            section.takeSection("tls", "how a server at https:// is checked") {
                TLSSettings(clientFrom: &$0)
            }
        connectionLimit = section.take(
            "max_conns_per_host", default: 0, in: 0...10_000,
            "connections at a time; 0 means as many as num_consumers need")
        idleConnectionLimit = section.take(
            "max_idle_conns_per_host", default: 0, in: 0...10_000,
            "connections kept open between requests; 0 means all")
        idleTime = section.take(
            "idle_conn_timeout", default: .seconds(90), in: .zero ... .seconds(86_400),
            "how long an unused connection is kept; 0 means for ever")
        keepsConnections = !section.take(
            "disable_keep_alives", default: false, "a new connection for every request")
        Self.refuseWhatIsMissing(&section)
    }

    private static func takeURLs(_ section: inout Section) -> [Signal: URL] {
        var urls: [Signal: URL] = [:]
        let base = section.takeOptional(
            "endpoint", as: .url, "base URL, such as https://otel.example.com:4318")
        for signal in Signal.allCases {
            let url = section.takeOptional(
                "\(signal.rawValue)_endpoint", as: .url,
                "URL for \(signal), used as it is; without it /v1/\(signal) is added to endpoint")
            urls[signal] = url ?? base?.appending(path: "/v1/\(signal.rawValue)")
        }
        // One that is there and wrong has been reported.
        let keys = ["endpoint"] + Signal.allCases.map { "\($0.rawValue)_endpoint" }
        if !keys.contains(where: section.contains), !section.isDescribing {
            section.refuse("has no endpoint", hint: "write endpoint: https://host:4318")
        }
        return urls
    }

    private static func takeCompression(_ section: inout Section) -> (ContentCoding, Int) {
        let word = section.take(
            "compression", default: CompressionWord.gzip, "of requests; deflate and zlib are one")
        let coding: ContentCoding
        switch word {
        case .none, .empty: coding = .identity
        case .gzip: coding = .gzip
        case .zstd: coding = .zstd
        case .zlib, .deflate: coding = .deflate
        case .snappy, .lz4, .framedSnappy:
            section.refuse(
                "compression", "is '\(word.rawValue)', which is not in this build yet",
                hint: "write zstd, which is smaller at the same speed")
            coding = .identity
        }
        let level = section.takeSection("compression_params", "how hard to compress") {
            $0.take(
                "level", default: 0, in: -7...22,
                "1 is fastest; 0 is the default, which is 1 because forwarding wants speed")
        }
        let levels = CompressionLevels(coding)
        if !levels.contains(level) {
            section.refuse(
                "compression_params", "has level \(level), which \(word.rawValue) does not have",
                hint: "\(levels)")
        }
        return (coding, level)
    }

    private static func refuseWhatIsMissing(_ section: inout Section) {
        section.refuseUnsupported("auth", "authentication extensions", hint: "use headers")
        section.refuseUnsupported("middlewares", "HTTP middleware")
        section.refuseUnsupported("proxy_url", "proxies")
        section.refuseUnsupported("profiles_endpoint", "profiles")
        section.refuseUnsupported("cookies", "cookies")
        let sizes = "buffers are as large as what is sent"
        for key in ["read_buffer_size", "write_buffer_size"] { section.ignore(key, because: sizes) }
        section.ignore("max_idle_conns", because: "an exporter has one host")
        for key in ["force_attempt_http2", "http2_read_idle_timeout", "http2_ping_timeout"] {
            section.ignore(key, because: "requests go over HTTP/1.1")
        }
    }
}

extension OptionType where Value == URL {
    static var url: OptionType {
        .text(
            "URL",
            read: { (text) throws(Mismatch) in
                do throws(URLError) {
                    return try URL(text)
                } catch {
                    throw Mismatch(
                        "is '\(text)', but must be a URL such as http://localhost:4318",
                        hint: "\(error)")
                }
            }, show: { "\($0)" })
    }
}

import Configuration
import HTTP

/// Which web pages may send telemetry from a browser. (Fetch standard, "CORS protocol")
///
/// Keys are otelcol's `cors`. Preflight requests are answered here and never reach a pipeline; an
/// actual request is served for any origin, only the answer's headers differ.
struct CORSPolicy: Sendable {
    private let origins: [OriginPattern]
    private let allowedHeaders: [String]
    private let exposedHeaders: [String]
    private let ageLimit: Int
    private let allowsEveryOrigin: Bool

    init(from section: inout Section) {
        let patterns = section.takeStrings(
            "allowed_origins",
            "such as https://app.example.com; one * in each may stand for anything")
        origins = patterns.map(OriginPattern.init)
        allowsEveryOrigin = patterns.contains("*")
        allowedHeaders = section.takeStrings(
            "allowed_headers", "request headers a page may set; * means all"
        ).map { $0.lowercased() }
        exposedHeaders = section.takeStrings(
            "exposed_headers", "response headers that a page may read")
        ageLimit = section.take(
            "max_age", default: 0, in: 0...86_400,
            "seconds a browser may remember the answer; 0 leaves it to the browser")
        if origins.isEmpty {
            section.warn("allows no origin, so it has no effect", hint: "add allowed_origins")
        }
        for pattern in patterns where pattern.utf8.count(where: { $0 == UInt8(ascii: "*") }) > 1 {
            section.refuse("allowed_origins", "has '\(pattern)', but one * is the most in each")
        }
    }

    /// The answer to a preflight request, or `nil` if the request is not one.
    func preflight(_ head: RequestHead) -> Response? {
        guard !origins.isEmpty, head.method == .options, let origin = head.headers[.origin],
            let method = head.headers["Access-Control-Request-Method"]
        else { return nil }
        var response = Response(.noContent)
        response.headers.append(
            "Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers")
        let asked = head.headers["Access-Control-Request-Headers"] ?? ""
        guard allows(origin), ["GET", "POST", "HEAD"].contains(method), allowsHeaders(asked)
        else { return response }
        appendOrigin(origin, to: &response)
        response.headers.append("Access-Control-Allow-Methods", method)
        if !asked.isEmpty { response.headers.append("Access-Control-Allow-Headers", asked) }
        if ageLimit > 0 { response.headers.append("Access-Control-Max-Age", "\(ageLimit)") }
        return response
    }

    /// Adds what the page that sent `head` needs to be shown the answer.
    func decorate(_ response: inout Response, for head: RequestHead) {
        guard !origins.isEmpty, let origin = head.headers[.origin] else { return }
        if !allowsEveryOrigin { response.headers.append("Vary", "Origin") }
        guard allows(origin) else { return }
        appendOrigin(origin, to: &response)
        if !exposedHeaders.isEmpty {
            response.headers.append(
                "Access-Control-Expose-Headers", exposedHeaders.joined(separator: ", "))
        }
    }

    /// With `*`, credentials stay out: browsers refuse the two together (Fetch standard, "CORS
    /// protocol and credentials").
    private func appendOrigin(_ origin: String, to response: inout Response) {
        if allowsEveryOrigin {
            response.headers.append("Access-Control-Allow-Origin", "*")
            return
        }
        response.headers.append("Access-Control-Allow-Origin", origin)
        response.headers.append("Access-Control-Allow-Credentials", "true")
    }

    private func allows(_ origin: String) -> Bool {
        origins.contains { $0.matches(origin) }
    }

    /// Without a list, what the Fetch standard and every SDK for browsers need.
    private static let defaultHeaders = [
        "accept", "content-type", "content-encoding", "x-requested-with",
    ]

    private func allowsHeaders(_ list: String) -> Bool {
        let allowed = allowedHeaders.isEmpty ? Self.defaultHeaders : allowedHeaders
        if allowed.contains("*") { return true }
        return list.split(separator: ",").allSatisfy { name in
            allowed.contains(name.filter { $0 != " " && $0 != "\t" }.lowercased())
        }
    }
}

/// `https://*.example.com`: an origin in which one `*` stands for any text.
private struct OriginPattern: Sendable {
    private let prefix: String
    /// `nil` without a `*`.
    private let suffix: String?

    init(_ text: String) {
        let text = text.lowercased()
        if let star = text.firstIndex(of: "*") {
            prefix = String(text[..<star])
            suffix = String(text[text.index(after: star)...])
        } else {
            prefix = text
            suffix = nil
        }
    }

    func matches(_ origin: String) -> Bool {
        let origin = origin.lowercased()
        guard let suffix else { return origin == prefix }
        return origin.utf8.count >= prefix.utf8.count + suffix.utf8.count
            && origin.hasPrefix(prefix) && origin.hasSuffix(suffix)
    }
}

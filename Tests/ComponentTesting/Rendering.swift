import HTTP
import OTLP
import Primitives

extension ReceivedResponse {
    package var text: String { body.withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }

    /// Everything but the headers that every response has: a line for the status, one for each
    /// header in order, and the body, of which a protobuf `Status` is shown as `code: message`.
    package var rendered: String {
        var lines = ["\(status.code)"]
        for (name, value) in headers.all where name != "Date" && name != "Content-Length" {
            lines.append("\(name): \(value)")
        }
        if let shown = renderedBody { lines.append(shown) }
        return lines.joined(separator: "\n")
    }

    private var renderedBody: String? {
        guard body.count > 0 else { return nil }
        let isProtobuf = headers[.contentType] == OTLPEncoding.protobuf.mediaType
        guard isProtobuf, status.code != 200 else { return text }
        guard let status = try? RPCStatus(decoding: body.bytes, as: .protobuf) else {
            return "undecodable"
        }
        return "\(status.code): \(status.message)"
    }
}

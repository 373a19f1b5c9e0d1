import HTTP
import OTLP
import Primitives
import Sockets

/// What the daemon remembers about a trace: `GET /why/<trace id>` beside `/metrics`.
struct WhyAnswer {
    static let path = "/why/"

    private let graph: Graph

    init(_ graph: Graph) {
        self.graph = graph
    }

    /// - Parameter target: The request's path, `/why/…`.
    func response(to target: String) -> Response {
        let text = String(target.dropFirst(Self.path.count))
        guard let trace = TraceID(hexadecimal: text) else {
            return .text(.badRequest, "a trace id has 32 hexadecimal digits\n")
        }
        let lines = graph.explanations(of: trace)
        if lines.isEmpty {
            return .text(
                .notFound,
                "nothing is remembered about trace \(trace): it did not come here, or long ago\n")
        }
        return .text(.ok, lines.map { $0 + "\n" }.joined())
    }
}

extension Program {
    /// Asks a running daemon what became of a trace: 0 if it knows.
    package static func why(traceID text: String, endpoint: String) -> Int32 {
        guard let trace = TraceID(hexadecimal: text) else {
            writeToStandardError("'\(text)' is no trace id; it has 32 hexadecimal digits\n")
            return failure
        }
        switch ask("http://\(endpoint)\(WhyAnswer.path)\(trace)") {
        case .success(let answer) where answer.status == .ok:
            print(answer.text, terminator: "")
            return success
        case .success(let answer):
            writeToStandardError(answer.text)
        case .failure(let error):
            writeToStandardError(error.description + "\n")
        }
        return failure
    }
}

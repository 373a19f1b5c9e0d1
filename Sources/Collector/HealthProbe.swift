import HTTP
import Primitives
import Sockets

extension Program {
    /// Asks a running daemon's `health_check`: 0 if it answers 200 within 2 seconds.
    package static func health(endpoint: String) -> Int32 {
        let url = "http://\(endpoint)/"
        switch ask(url) {
        case .success(let answer) where answer.status == .ok: return success
        case .success(let answer):
            writeToStandardError("\(url) answered \(answer.status.code)\n")
        case .failure(let error): writeToStandardError("\(error)\n")
        }
        return failure
    }

    /// What a daemon answered.
    struct DaemonAnswer: Sendable {
        let status: Status
        let text: String
    }

    /// Why a daemon could not be asked.
    struct DaemonSilence: Error, CustomStringConvertible {
        let description: String
    }

    /// One request to a running daemon, from a command; waits for at most 2 seconds.
    static func ask(_ address: String) -> Result<DaemonAnswer, DaemonSilence> {
        do {
            let url = try URL(address)
            let loop = try EventLoop(name: "ask")
            let client = try HTTPClient(to: Origin(url), on: loop)
            let outcome = Outcome<Result<DaemonAnswer, DaemonSilence>>()
            loop.start()
            loop.spawn {
                outcome.settle(await send(client, url))
            }
            return outcome.wait()
        } catch {
            return .failure(DaemonSilence(description: "\(error)"))
        }
    }

    private static func send(
        _ client: HTTPClient, _ url: URL
    ) async -> Result<DaemonAnswer, DaemonSilence> {
        do throws(HTTPClientError) {
            let response = try await client.send(Request(.get, url.target), timeout: .seconds(2))
            let text = response.body.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
            return .success(DaemonAnswer(status: response.status, text: text))
        } catch {
            return .failure(DaemonSilence(description: "\(url): \(error)"))
        }
    }
}

import HTTP
import Primitives
import Sockets

extension Program {
    /// Asks a running daemon's `health_check`: 0 if it answers 200 within 2 seconds.
    package static func health(endpoint: String) -> Int32 {
        do {
            let url = try URL("http://\(endpoint)/")
            let loop = try EventLoop(name: "health")
            let client = try HTTPClient(to: Origin(url), on: loop)
            let outcome = Outcome<Result<Status, HTTPClientError>>()
            loop.start()
            loop.spawn {
                outcome.settle(await probe(client, url))
            }
            switch outcome.wait() {
            case .success(.ok): return success
            case .success(let status): writeToStandardError("\(url) answered \(status.code)\n")
            case .failure(let error): writeToStandardError("\(url): \(error)\n")
            }
        } catch {
            writeToStandardError("\(error)\n")
        }
        return failure
    }

    private static func probe(
        _ client: HTTPClient, _ url: URL
    ) async -> Result<Status, HTTPClientError> {
        do throws(HTTPClientError) {
            let response = try await client.send(Request(.get, url.target), timeout: .seconds(2))
            return .success(response.status)
        } catch {
            return .failure(error)
        }
    }
}

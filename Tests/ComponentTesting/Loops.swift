import Sockets

/// How long a test waits for the kernel before it fails and says what it waited for.
package let patience = Duration.seconds(60)

/// Runs `body` as a task on a loop of its own, which must have settled at the end.
package func withLoop<Result: Sendable>(
    _ body: @escaping @Sendable (EventLoop) async throws -> Result
) async throws -> Result {
    let loop = try EventLoop(name: "test")
    loop.start()
    defer { precondition(loop.stop(), "tasks were left on the loop") }
    return try await withCheckedThrowingContinuation { continuation in
        loop.spawn {
            do {
                continuation.resume(returning: try await body(loop))
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }
}

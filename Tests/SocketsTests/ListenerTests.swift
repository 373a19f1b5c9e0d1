import Glibc
import Primitives
import Testing

@testable import Sockets

struct ListenerTests {
    @Test func `a connection is served and closed when the serving function returns`() async throws
    {
        try await withLoop { loop in
            let listener = try Listener(Endpoint("127.0.0.1:0"))
            listener.start(on: loop, handingTo: [loop]) { stream in
                guard let text = try? await stream.readOnce() else { return }
                try? await stream.write("you said " + text)
            }

            let client = try await Stream.connect(to: listener.endpoint, deadline: .distantFuture)
            try await client.write("hello")

            #expect(try await client.readAll() == "you said hello")
            client.close()
            await listener.close()
        }
    }
}

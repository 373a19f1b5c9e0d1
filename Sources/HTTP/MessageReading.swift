import Primitives
import Sockets

extension Sockets.Stream {
    /// Reads once for a body: straight into it if the next bytes belong there, else into the inbox.
    ///
    /// Returns how many bytes came, 0 at the end of the stream, and whether they went to the body.
    func read(
        for decoder: BodyDecoder?, into body: inout ByteBuffer, or inbox: inout ByteBuffer,
        readSize: Int
    ) async throws(SocketError) -> (count: Int, isDirect: Bool) {
        guard let decoder, let room = decoder.directRoom else {
            return (try await read(into: &inbox, room: readSize), false)
        }
        if body.capacity == body.count { decoder.reserve(in: &body) }
        let count = try await read(into: &body, room: min(room, body.capacity - body.count))
        return (count, true)
    }
}

import Glibc
import Primitives

// Reading and writing, plain. What the kernel would not do at once is waited for, then tried again.
extension Stream {
    /// Appends up to `room` bytes; waits for the first. Returns 0 when the peer has ended.
    package func read(
        into buffer: inout ByteBuffer, room: Int
    ) async throws(SocketError) -> Int {
        precondition(room > 0, "a read without room would look like the end")
        try await begin()
        if tls != nil { return try await readEncrypted(into: &buffer, room: room) }
        while true {
            if isReadable, let count = try receive(into: &buffer, room: room) { return count }
            try await wait(.reader, for: .reading)
        }
    }

    /// Writes everything in the buffer and leaves it empty.
    package func write(_ buffer: inout ByteBuffer) async throws(SocketError) {
        try await begin()
        if tls != nil { return try await writeEncrypted(&buffer) }
        while !buffer.isEmpty {
            if isWritable, let count = try buffer.withUnsafeBytes(send) {
                buffer.removeFirst(count)
            } else {
                try await wait(.writer, for: .writing)
            }
        }
    }

    /// Writes the whole chain, as many links per system call as the kernel takes.
    package func write(_ chain: ByteChain) async throws(SocketError) {
        var nothing = ByteBuffer()
        try await write(&nothing, chain)
    }

    /// Writes the buffer, which is left empty, and then the chain: a head and its body in one call.
    package func write(
        _ buffer: inout ByteBuffer, _ chain: ByteChain
    ) async throws(SocketError) {
        try await begin()
        var cursor = ChainCursor(chain)
        if tls != nil { return try await writeEncrypted(&buffer, &cursor) }
        while !buffer.isEmpty || !cursor.isAtEnd {
            if isWritable,
                let count = try buffer.withUnsafeBytes({ (bytes) throws(SocketError) in
                    try send(bytes, cursor)
                })
            {
                Self.advance(&buffer, &cursor, by: count)
            } else {
                try await wait(.writer, for: .writing)
            }
        }
    }

    static func advance(_ buffer: inout ByteBuffer, _ cursor: inout ChainCursor, by count: Int) {
        let ofBuffer = min(count, buffer.count)
        buffer.removeFirst(ofBuffer)
        cursor.advance(by: count - ofBuffer)
    }

    /// What could be read at once, `nil` if there is nothing yet.
    private func receive(
        into buffer: inout ByteBuffer, room: Int
    ) throws(SocketError) -> Int? {
        var isEmpty = false
        let count = try buffer.appendUninitialized(room: room) { spare throws(SocketError) in
            let count = try SystemCall.attempt("recv") { recv(fd, spare.baseAddress, room, 0) }
            isEmpty = count == nil
            return count ?? 0
        }
        // Less than asked for means that the kernel has no more (epoll(7)), which saves the call
        // that would say so.
        if count < room && !hasEnded { isReadable = false }
        return isEmpty ? nil : count
    }

    private func send(_ bytes: UnsafeRawBufferPointer) throws(SocketError) -> Int? {
        let count = try SystemCall.attempt("send") {
            Glibc.send(fd, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
        }
        if count == nil { isWritable = false }
        return count
    }

    private func send(
        _ prefix: UnsafeRawBufferPointer, _ cursor: ChainCursor
    ) throws(SocketError) -> Int? {
        try cursor.withVectors(after: prefix) { vectors throws(SocketError) in
            var message = msghdr()
            message.msg_iov = vectors.baseAddress
            message.msg_iovlen = vectors.count
            let count = try SystemCall.attempt("sendmsg") {
                sendmsg(fd, &message, Int32(MSG_NOSIGNAL))
            }
            if count == nil { isWritable = false }
            return count
        }
    }
}

import Glibc

extension Stream {
    /// Whether nothing has happened on a connection that lay idle: the peer has neither ended it
    /// nor sent bytes nobody asked for. Those would be taken for the answer to the next request.
    ///
    /// Asks the kernel, because the loop may not have heard of it yet. With TLS any bytes count,
    /// a late session ticket included: that costs a new connection, and is rare.
    package var isQuiet: Bool {
        guard !isClosed, !hasEnded else { return false }
        var byte: UInt8 = 0
        do {
            return try SystemCall.attempt("recv") { recv(fd, &byte, 1, Int32(MSG_PEEK)) } == nil
        } catch {
            return false
        }
    }
}

import Glibc

extension Stream {
    /// Whether nothing has happened on a connection that lay idle: the peer has neither ended it
    /// nor sent bytes nobody asked for. Those would be taken for the answer to the next request.
    ///
    /// With TLS only the end is noticed, because session tickets may arrive at any time.
    package var isQuiet: Bool {
        guard !isClosed, !hasEnded else { return false }
        if tls != nil || !isReadable { return true }
        // A call that would have to wait says that nothing came.
        var byte: UInt8 = 0
        do {
            return try SystemCall.attempt("recv") { recv(fd, &byte, 1, Int32(MSG_PEEK)) } == nil
        } catch {
            return false
        }
    }
}

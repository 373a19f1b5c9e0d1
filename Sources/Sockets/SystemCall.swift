import Glibc

/// The one place where a system call's -1 becomes an error, and where EINTR is retried.
enum SystemCall {
    /// Runs `body` again while a signal interrupts it. (signal(7): EINTR is not a failure.)
    @inline(__always)
    static func run<Result: SignedInteger>(
        _ name: StaticString, _ body: () -> Result
    ) throws(SocketError) -> Result {
        while true {
            let result = body()
            if result != -1 { return result }
            let code = errno
            if code != EINTR { throw SocketError(call: name, errno: code) }
        }
    }

    /// As `run`, for calls on non-blocking descriptors: `nil` means that it would have to wait.
    @inline(__always)
    static func attempt<Result: SignedInteger>(
        _ name: StaticString, _ body: () -> Result
    ) throws(SocketError) -> Result? {
        while true {
            let result = body()
            if result != -1 { return result }
            switch errno {
            case EINTR: continue
            case EAGAIN: return nil
            case let code: throw SocketError(call: name, errno: code)
            }
        }
    }

    /// Closes without retrying: Linux has released the descriptor even when close(2) says EINTR,
    /// and a second close could hit a descriptor another thread has just opened.
    static func close(_ fd: Int32) {
        _ = Glibc.close(fd)
    }

    static func setOption(
        _ fd: Int32, _ level: Int32, _ option: Int32, to value: Int32
    ) throws(SocketError) {
        var value = value
        _ = try run("setsockopt") {
            setsockopt(fd, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
        }
    }

    /// The error a socket keeps for whoever asks next, 0 if there is none. (socket(7), SO_ERROR)
    static func pendingError(of fd: Int32) -> Int32 {
        var code: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size) == 0 else { return errno }
        return code
    }
}

import Glibc
import Primitives

/// A listening descriptor with its real address, and what has to be undone when it is closed.
struct BoundSocket: Sendable {
    /// Every descriptor of ours is non-blocking and not inherited by child processes.
    static let flags = Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)

    let fd: Int32
    let endpoint: Endpoint
    /// The socket file, if `endpoint` is one.
    private let file: SocketFile?

    init(_ endpoint: Endpoint, _ options: ListenerOptions) throws(SocketError) {
        do throws(SocketError) {
            switch endpoint {
            case .unix(let path): try self.init(path: path, options)
            case .tcp(let host, let port): try self.init(host: host, port: port, options)
            }
        } catch .system(_, let code) {
            throw .cannotListen(on: endpoint.description, errno: code)
        }
    }

    func close() {
        file?.remove()
        SystemCall.close(fd)
    }

    private init(host: String, port: UInt16, _ options: ListenerOptions) throws(SocketError) {
        if host.isEmpty {
            try self.init(everyInterface: port, options)
            return
        }
        // Once, at start: a blocked thread is no harm yet.
        let answer =
            NameLookup.withoutAsking(host).map { .success($0) } ?? NameLookup.blocking(host)
        let addresses = try answer.get().filter { options.allows($0) }
        guard let address = addresses.first(where: { !$0.isV6 }) ?? addresses.first else {
            throw .nameNotResolved(host, reason: "it has no \(options.familyName)address")
        }
        try self.init(address.with(port: port), host: host, options)
    }

    private init(everyInterface port: UInt16, _ options: ListenerOptions) throws(SocketError) {
        let v4 = SocketAddress.v4(0, port: port)
        if options.family == .v4 {
            try self.init(v4, host: "", options)
            return
        }
        do throws(SocketError) {
            // One IPv6 socket takes both families.
            try self.init(.v6(high: 0, low: 0, scope: 0, port: port), host: "", options)
        } catch .system(_, EAFNOSUPPORT) where options.family == nil {
            try self.init(v4, host: "", options)
        }
    }

    private init(
        _ address: SocketAddress, host: String, _ options: ListenerOptions
    ) throws(SocketError) {
        let fd = try Self.open(address.family)
        do throws(SocketError) {
            try SystemCall.setOption(fd, SOL_SOCKET, SO_REUSEADDR, to: 1)
            if address.isV6 {
                let takesBoth = (host.isEmpty || host == "::") && options.family == nil
                try SystemCall.setOption(
                    fd, Int32(IPPROTO_IPV6), IPV6_V6ONLY, to: takesBoth ? 0 : 1)
            }
            try Self.bind(fd, to: address)
            _ = try SystemCall.run("listen") { listen(fd, options.backlog) }
            self.fd = fd
            self.endpoint = .tcp(host: host, port: try Self.localPort(of: fd))
            self.file = nil
        } catch {
            SystemCall.close(fd)
            throw error
        }
    }

    private init(path: String, _ options: ListenerOptions) throws(SocketError) {
        let fd = try Self.open(AF_UNIX)
        do throws(SocketError) {
            try Self.bind(fd, toFile: path)
            // Before listen(2) nobody can connect, so the permissions have no gap.
            _ = try SystemCall.run("chmod") { chmod(path, options.unixPermissions) }
            _ = try SystemCall.run("listen") { listen(fd, options.backlog) }
        } catch {
            SystemCall.close(fd)
            throw error
        }
        self.fd = fd
        self.endpoint = .unix(path: path)
        self.file = SocketFile(path: path)
    }

    static func open(_ family: Int32) throws(SocketError) -> Int32 {
        try SystemCall.run("socket") { socket(family, Int32(SOCK_STREAM.rawValue) | flags, 0) }
    }

    private static func bind(_ fd: Int32, to address: SocketAddress) throws(SocketError) {
        _ = try SystemCall.run("bind") { address.withKernelForm { Glibc.bind(fd, $0, $1) } }
    }

    private static func bind(_ fd: Int32, toFile path: String) throws(SocketError) {
        let address = SocketAddress.unix(path: path)
        do throws(SocketError) {
            try bind(fd, to: address)
        } catch {
            guard error.errno == EADDRINUSE, isAbandoned(address), unlink(path) == 0 else {
                throw error
            }
            try bind(fd, to: address)
        }
    }

    /// Whether a socket file is left over from a process that is gone: it is a socket, and nobody
    /// answers. Other files are never touched.
    private static func isAbandoned(_ address: SocketAddress) -> Bool {
        guard case .unix(let path) = address, SocketFile(path: path) != nil,
            let probe = try? open(AF_UNIX)
        else { return false }
        defer { SystemCall.close(probe) }
        let result = address.withKernelForm { connect(probe, $0, $1) }
        return result == -1 && errno == ECONNREFUSED
    }

    private static func localPort(of fd: Int32) throws(SocketError) -> UInt16 {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        _ = try SystemCall.run("getsockname") {
            withUnsafeMutablePointer(to: &storage) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    getsockname(fd, $0, &size)
                }
            }
        }
        return SocketAddress(storage, size: size)?.port ?? 0
    }

    /// Sets what every TCP connection of ours has. Unix sockets refuse, and need none of it.
    static func tune(_ fd: Int32, keepAlive: Duration?) {
        // Responses are written whole; Nagle's algorithm would only delay the last piece.
        try? SystemCall.setOption(fd, Int32(IPPROTO_TCP), TCP_NODELAY, to: 1)
        guard let keepAlive else { return }
        let seconds = Int32(clamping: max(1, keepAlive.components.seconds))
        try? SystemCall.setOption(fd, SOL_SOCKET, SO_KEEPALIVE, to: 1)
        try? SystemCall.setOption(fd, Int32(IPPROTO_TCP), TCP_KEEPIDLE, to: seconds)
        try? SystemCall.setOption(fd, Int32(IPPROTO_TCP), TCP_KEEPINTVL, to: max(1, seconds / 4))
    }
}

/// A socket in the file system, recognised by its inode: another process may have replaced it.
private struct SocketFile: Sendable {
    private let path: String
    private let device: dev_t
    private let inode: ino_t

    /// `nil` if there is no socket at the path.
    init?(path: String) {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return nil }
        self.path = path
        device = status.st_dev
        inode = status.st_ino
    }

    func remove() {
        guard let present = SocketFile(path: path) else { return }
        if present.device == device && present.inode == inode { unlink(path) }
    }
}

extension ListenerOptions {
    fileprivate func allows(_ address: SocketAddress) -> Bool {
        family == nil || address.isV6 == (family == .v6)
    }

    fileprivate var familyName: String {
        switch family {
        case nil: ""
        case .v4: "IPv4 "
        case .v6: "IPv6 "
        }
    }
}

import Configuration
import Sockets

extension OptionType where Value == Endpoint {
    /// An address to listen on: `host:port`, `:port`, `[::1]:port`.
    package static var endpoint: OptionType {
        OptionType(
            "address", readsText: true,
            read: { (node) throws(Mismatch) in
                let expectation = "an address such as localhost:4318"
                // A bare port is a number to YAML, and quotes around it would not help.
                guard let scalar = node.scalar, scalar.value != .null else {
                    throw .expected(expectation, found: node)
                }
                do throws(SocketError) {
                    return try Endpoint(node.origin?.text ?? scalar.text)
                } catch {
                    throw .expected(expectation, found: node, hint: "\(error)")
                }
            }, show: { .string("\($0)") })
    }

    /// The path of a unix-domain socket.
    fileprivate static var socketPath: OptionType {
        .text(
            "path",
            read: { (text) throws(Mismatch) in
                do throws(SocketError) {
                    return try Endpoint(text.hasPrefix("unix:") ? text : "unix:\(text)")
                } catch {
                    throw Mismatch(
                        "is '\(text)', but must be the path of a socket", hint: "\(error)")
                }
            }, show: { "\($0)" })
    }
}

/// Where a server listens: the keys `endpoint` and `transport`, which are otelcol's (confignet).
package struct ListeningAddress: Sendable {
    /// Words of `transport`.
    private enum Transport: String, CaseIterable {
        case tcp, tcp4, tcp6, unix
    }

    package let endpoint: Endpoint
    /// `tcp4` and `tcp6`; `nil` for any.
    package let family: AddressFamily?

    package init(from section: inout Section, default standard: Endpoint) {
        let transport = section.take(
            "transport", default: Transport.tcp,
            "tcp4 and tcp6 allow one family of addresses; unix takes a path as endpoint")
        switch transport {
        case .tcp: family = nil
        case .tcp4: family = .v4
        case .tcp6: family = .v6
        case .unix:
            family = nil
            endpoint =
                section.takeRequired("endpoint", as: .socketPath, "the path of the socket")
                ?? standard
            return
        }
        endpoint = section.take(
            "endpoint", as: .endpoint, default: standard,
            "where to listen; with 0.0.0.0 as host, for everyone")
    }

    /// Whether it listens beyond the loopback interface.
    package var isReachableFromOutside: Bool {
        guard case .tcp(let host, _) = endpoint else { return false }
        return host != "localhost" && host != "::1" && !host.hasPrefix("127.")
    }
}

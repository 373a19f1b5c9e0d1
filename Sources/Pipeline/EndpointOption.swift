import Configuration
import Sockets

extension OptionType where Value == Endpoint {
    /// An address to listen on: `host:port`, `:port`, `[::1]:port`.
    package static var endpoint: OptionType {
        .text(
            "address",
            read: { (text) throws(Mismatch) in
                do throws(SocketError) {
                    return try Endpoint(text)
                } catch {
                    throw Mismatch(
                        "is '\(text)', but must be an address such as localhost:4318",
                        hint: "\(error)")
                }
            }, show: { "\($0)" })
    }
}

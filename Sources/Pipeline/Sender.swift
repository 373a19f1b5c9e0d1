/// Who sent a request: what processors know of it besides its records.
///
/// Told to processors without state between the receiver and the first processor with state. Behind
/// that, batches hold records of many requests.
package struct Sender: Sendable {
    /// The peer's address without its port; empty if it has none, as on a unix socket.
    package let address: String
    /// The request's headers in their order; none unless the receiver passes them on.
    package let metadata: [(name: String, value: String)]

    package init(address: String, metadata: [(name: String, value: String)] = []) {
        self.address = address
        self.metadata = metadata
    }

    /// The values of a header, whose name is compared in any case.
    package func metadata(named name: String) -> [String] {
        let name = name.lowercased()
        return metadata.filter { $0.name.lowercased() == name }.map(\.value)
    }
}

/// What a processor wants to know of senders.
package enum SenderUse: Int, Comparable, Sendable {
    case nothing, address, metadata

    package static func < (left: SenderUse, right: SenderUse) -> Bool {
        left.rawValue < right.rawValue
    }
}

import Pipeline

/// What `from_context` names: something that is known of who sent a request.
enum SenderValue: Sendable, Equatable {
    /// `client.address`
    case address
    /// `metadata.<name>`, or any other text, which is the name then: a header.
    case metadata(String)
    /// `auth.<attribute>`, of which there are none: receivers do not authenticate senders.
    case authentication

    init(_ text: String) {
        if text == "client.address" {
            self = .address
        } else if text.hasPrefix("auth.") {
            self = .authentication
        } else if text.hasPrefix(Self.metadataPrefix) {
            self = .metadata(String(text.dropFirst(Self.metadataPrefix.count)))
        } else {
            self = .metadata(text)
        }
    }

    private static let metadataPrefix = "metadata."

    var use: SenderUse {
        switch self {
        case .address: .address
        case .metadata: .metadata
        case .authentication: .nothing
        }
    }

    /// The text, or `nil` if there is none. Several values of one header are joined with `;`.
    func text(of sender: Sender) -> String? {
        switch self {
        case .address: return sender.address.isEmpty ? nil : sender.address
        case .metadata(let name):
            let values = sender.metadata(named: name)
            return values.isEmpty ? nil : values.joined(separator: ";")
        case .authentication: return nil
        }
    }
}

/// A password, token or header value. It shows itself to nobody by accident: interpolated into a
/// message, a log line or `print-config` it is `[REDACTED]`.
package struct Secret: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    /// For the one place that sends or compares it.
    package let revealed: String

    package init(_ text: String) { revealed = text }

    package static let redacted = "[REDACTED]"

    package var description: String { Self.redacted }
    package var debugDescription: String { Self.redacted }
}

extension Secret: CustomReflectable {
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// A header that is added to each request or response. Its value is a secret, since it often is.
package struct ConfiguredHeader: Hashable, Sendable {
    package let name: String
    package let value: Secret

    package init(name: String, value: Secret) {
        self.name = name
        self.value = value
    }
}

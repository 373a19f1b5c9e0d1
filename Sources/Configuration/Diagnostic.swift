/// One mistake or trap found in a configuration: where, what, and what to do about it.
package struct Diagnostic: Hashable, Sendable {
    /// Whether the daemon may start in spite of it.
    package enum Severity: String, Sendable {
        /// The daemon does not start.
        case error
        /// It starts, but somebody should know.
        case warning
    }

    /// A second place that belongs to the story, such as the first of two equal keys.
    package struct Note: Hashable, Sendable {
        package let message: String
        package let location: SourceLocation

        package init(_ message: String, at location: SourceLocation) {
            self.message = message
            self.location = location
        }
    }

    package let severity: Severity
    /// `nil` when the mistake is in no file, such as a missing `--config`.
    package let location: SourceLocation?
    package let message: String
    package let hint: String?
    package let notes: [Note]
    /// False where the line holds a secret.
    package let showsSource: Bool

    package init(
        _ severity: Severity, _ message: String, at location: SourceLocation? = nil,
        hint: String? = nil, notes: [Note] = [], showsSource: Bool = true
    ) {
        self.severity = severity
        self.location = location
        self.message = message
        self.hint = hint
        self.notes = notes
        self.showsSource = showsSource
    }
}

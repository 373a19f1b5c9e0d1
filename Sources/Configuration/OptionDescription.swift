/// What one `take` call says about its option: a line of `martlet components`.
package struct OptionDescription: Hashable, Sendable {
    /// The keys from the component down, such as `retry_on_failure.max_interval` or
    /// `policies[].name`.
    package let path: String
    /// `duration`, `integer`, `section` …
    package let type: String
    /// As YAML; `nil` if there is none.
    package let defaultValue: String?
    package let isRequired: Bool
    /// `0 to 100`, `at least 1`; `nil` if every value of the type will do.
    package let range: String?
    /// The words that are allowed, if it is one of a few.
    package let values: [String]
    package let documentation: String
    /// What to write instead, if the option is only there for old files.
    package let replacement: String?

    package init(
        path: String, type: String, defaultValue: String? = nil, isRequired: Bool = false,
        range: String? = nil, values: [String] = [], documentation: String,
        replacement: String? = nil
    ) {
        self.path = path
        self.type = type
        self.defaultValue = defaultValue
        self.isRequired = isRequired
        self.range = range
        self.values = values
        self.documentation = documentation
        self.replacement = replacement
    }
}

/// Where a configuration, or a part of it, comes from: the argument of `--config`, or a reference.
package enum ConfigurationSource: Hashable, Sendable {
    /// `collector.yaml`, `file:collector.yaml`
    case file(String)
    /// `env:NAME`: the variable holds YAML.
    case variable(String)
    /// `yaml:exporters::debug::verbosity: detailed`
    case text(String)
    /// Another scheme, such as `https`, with what follows it.
    case unknown(scheme: String, rest: String)

    /// A scheme is a letter and at least one more of letters, digits, `+`, `.` and `-`, then a
    /// colon. Anything else is a path.
    package init(_ argument: String) {
        let scheme = argument.prefix { $0 != ":" }
        guard scheme.count < argument.count, Self.isScheme(scheme) else {
            self = .file(argument)
            return
        }
        self.init(scheme: String(scheme), rest: String(argument.dropFirst(scheme.count + 1)))
    }

    init(scheme: String, rest: String) {
        switch scheme {
        case "file": self = .file(rest)
        case "env": self = .variable(rest)
        case "yaml": self = .text(rest)
        default: self = .unknown(scheme: scheme, rest: rest)
        }
    }

    private static func isScheme(_ text: Substring) -> Bool {
        guard text.count > 1, let first = text.first, first.isASCII, first.isLetter else {
            return false
        }
        return text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "+.-".contains($0)) }
    }

    /// What messages call it.
    var name: String {
        switch self {
        case .file(let path): path
        case .variable(let name): "env:\(name)"
        case .text: "yaml:"
        case .unknown(let scheme, let rest): "\(scheme):\(rest)"
        }
    }

    /// Why a source of this scheme cannot be used.
    static func refusal(ofScheme scheme: String) -> (predicate: String, hint: String) {
        switch scheme {
        case "http", "https":
            (
                "is on the network, and the configuration is never fetched from there",
                "fetch it beforehand, and give the file"
            )
        default: ("has the unknown scheme '\(scheme)'", "the schemes are file, env and yaml")
        }
    }

    /// `[a-zA-Z_][a-zA-Z0-9_]*`
    static func isVariableName(_ text: some StringProtocol) -> Bool {
        guard let first = text.first, first == "_" || first.isASCII && first.isLetter else {
            return false
        }
        return text.allSatisfy { $0 == "_" || $0.isASCII && ($0.isLetter || $0.isNumber) }
    }
}

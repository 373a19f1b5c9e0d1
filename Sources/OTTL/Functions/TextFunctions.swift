import Primitives

/// Converters of text.
extension FunctionTable {
    static let textFunctions = [concat, isMatch]

    /// `Concat(values, delimiter)`: what is absent contributes `<nil>`.
    private static let concat = Function(
        "Concat",
        [Parameter("values", .listOf(.stringLike)), Parameter("delimiter", .string)]
    ) { arguments in
        let delimiter = arguments.bytes(1)
        var result: [UInt8] = []
        for (index, value) in arguments.list(0).enumerated() {
            if index > 0 { result += delimiter }
            if case .string(let text) = value {
                result += arguments.body.copy(of: text)
            } else {
                result += Array("<nil>".utf8)
            }
        }
        return .string(.own(result))
    }

    /// `IsMatch(target, pattern)`: the pattern matches anywhere in the target's text.
    private static let isMatch = Function(
        "IsMatch", [Parameter("target", .stringLike), Parameter("pattern", .pattern)]
    ) { arguments throws(EvaluationError) in
        if arguments.isNone(0) { return .bool(false) }
        let pattern = try arguments.pattern(1)
        return .bool(arguments.withBytes(0) { pattern.matches($0) })
    }
}

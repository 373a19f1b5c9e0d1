import Primitives

/// `Format`: values in a text, as Go's `fmt.Sprintf` writes them. Maps and lists are written as
/// JSON.
enum FormatFunctions {
    static let all: [Function] = [
        Function(
            "Format",
            [Parameter("format", .literal(.string)), Parameter("vals", .listOf(.any))],
            binding: format)
    ]

    private static func format(
        _ literals: [Value?]
    ) throws(ArgumentMistake) -> Function.Implementation {
        let format: GoFormat
        do throws(GoFormat.Mistake) {
            format = try GoFormat(literals.literalText(0) ?? "")
        } catch {
            throw ArgumentMistake(0, error.message)
        }
        return { arguments in
            var writer = GoFormatWriter()
            writer.write(format, arguments.list(1), in: arguments.body)
            return .string(writer.output)
        }
    }
}

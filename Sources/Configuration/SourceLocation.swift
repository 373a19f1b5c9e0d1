/// A place in a configuration: a file, or what stands in for one (`--set`, `${env:CONFIG}`).
///
/// Line and column count from 1, the column in characters, as editors do.
package struct SourceLocation: Hashable, Sendable, CustomStringConvertible {
    package var file: String
    package var line: Int
    package var column: Int
    /// How many characters of the line are meant: the length of the underline, at least 1.
    package var width: Int

    package init(file: String, line: Int, column: Int, width: Int = 1) {
        self.file = file
        self.line = line
        self.column = column
        self.width = width
    }

    package var description: String { "\(file):\(line):\(column)" }
}

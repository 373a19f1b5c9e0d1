extension FunctionTable {
    /// All converters, in alphabetical order within each file.
    package static let standard = FunctionTable(contextFunctions + textFunctions)
}

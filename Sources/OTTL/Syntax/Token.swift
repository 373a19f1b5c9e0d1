/// A word or sign of an expression, and where it stands.
struct Token: Equatable {
    enum Kind: Equatable {
        case bytes, double, int, string
        case not, or, and, `true`, `false`, `nil`
        case comparison(Comparison)
        case arithmetic(Arithmetic)
        case arrow, equal
        case openParenthesis, closeParenthesis, openBrace, closeBrace, openBracket, closeBracket
        case colon, comma, period
        /// A run of letters, digits and underscores, told apart by its first letter.
        case lowerName, upperName
        case underscore
        case end
    }

    let kind: Kind
    /// In bytes of the expression.
    let range: Range<Int>
}

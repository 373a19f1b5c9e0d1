/// A format of Go's `fmt.Sprintf`, taken apart: text, and verbs with flags, width and precision.
///
/// Not there: `*` for a width, and `[1]` for an argument's number.
/// Bound: widths and precisions up to `sizeLimit`.
struct GoFormat: Sendable {
    static let sizeLimit = 1000

    /// A `%` and what belongs to it.
    struct Verb: Sendable {
        var isLeft = false
        var hasPlus = false
        var hasSpace = false
        var isAlternate = false
        var hasZeros = false
        var width = 0
        var precision: Int?
        var letter: Unicode.Scalar = "v"
    }

    enum Piece: Sendable {
        case text([UInt8])
        case verb(Verb)
        /// The format ends behind a `%`.
        case noVerb
    }

    /// What is wrong with a format.
    struct Mistake: Error, Equatable { let message: String }

    let pieces: [Piece]

    init(_ text: String) throws(Mistake) {
        var pieces: [Piece] = []
        var literal: [UInt8] = []
        var rest = Substring(text).unicodeScalars
        while let scalar = rest.popFirst() {
            guard scalar == "%" else {
                literal += String(Character(scalar)).utf8
                continue
            }
            if rest.first == "%" {
                rest.removeFirst()
                literal.append(UInt8(ascii: "%"))
                continue
            }
            if !literal.isEmpty { pieces.append(.text(literal)) }
            literal = []
            pieces.append(try Self.takeVerb(from: &rest))
        }
        if !literal.isEmpty { pieces.append(.text(literal)) }
        self.pieces = pieces
    }

    private static func takeVerb(
        from rest: inout Substring.UnicodeScalarView
    ) throws(Mistake) -> Piece {
        var verb = Verb()
        flags: while let flag = rest.first {
            switch flag {
            case "-": verb.isLeft = true
            case "+": verb.hasPlus = true
            case " ": verb.hasSpace = true
            case "#": verb.isAlternate = true
            case "0": verb.hasZeros = true
            default: break flags
            }
            rest.removeFirst()
        }
        if verb.isLeft { verb.hasZeros = false }
        verb.width = try takeNumber(from: &rest) ?? 0
        if rest.first == "." {
            rest.removeFirst()
            verb.precision = try takeNumber(from: &rest) ?? 0
        }
        guard let letter = rest.popFirst() else { return .noVerb }
        guard letter != "*", letter != "[" else {
            throw Mistake(message: "has '%\(letter)', which is not in this build")
        }
        verb.letter = letter
        return .verb(verb)
    }

    private static func takeNumber(
        from rest: inout Substring.UnicodeScalarView
    ) throws(Mistake) -> Int? {
        guard let first = rest.first, ("0"..."9").contains(first) else { return nil }
        var number = 0
        while let digit = rest.first, ("0"..."9").contains(digit) {
            number = number * 10 + Int(digit.value - 48)
            rest.removeFirst()
            guard number <= sizeLimit else {
                throw Mistake(message: "has a width or precision of more than \(sizeLimit)")
            }
        }
        return number
    }
}

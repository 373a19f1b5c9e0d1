/// A format of times in the directives of strptime(3), with the extensions of otelcol: `%L`, `%f`
/// and `%s` are a fraction of a second in 3, 6 and 9 digits and stand behind a point or a comma.
struct TimeFormat: Sendable {
    /// What is wrong with a format.
    struct Mistake: Error, Equatable {
        let message: String
        var hint: String?
    }

    enum Padding: Sendable { case none, space, zero }

    enum Element: Sendable, Equatable {
        case literal([UInt8])
        case year, yearOfCentury, anyYear
        case month(Padding), monthName(isLong: Bool)
        case day(Padding), weekdayName(isLong: Bool)
        case hour, hourOfHalf(Padding), half(isUpper: Bool)
        case minute, second
        /// Behind a separator, which is written too.
        case fraction(separator: UInt8, digits: Int)
        case zoneName
        case offset(OffsetStyle)
    }

    /// Offsets from UTC: `Z0700` and the like in Go's words.
    enum OffsetStyle: Sendable, Equatable {
        /// `Z`, `+0700`, `+07:00` or `+07`.
        case flexible
        case hours, hoursMinutes, hoursMinutesSeconds, plainSeconds
    }

    let elements: [Element]

    /// Whether there is anything of a date in it.
    var hasDate: Bool {
        elements.contains {
            switch $0 {
            case .year, .yearOfCentury, .anyYear, .month, .monthName, .day, .weekdayName: true
            default: false
            }
        }
    }

    init(_ text: String) throws(Mistake) {
        guard !text.utf8.contains(where: \.isDigit) else {
            throw Mistake(
                message: "a format of times has no digits in it",
                hint: "write directives, such as '%Y-%m-%d %H:%M:%S'")
        }
        var elements: [Element] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let directive = rest.popFirst() {
                try Self.append(directive, to: &elements)
            } else {
                Self.append(literal: byte, to: &elements)
            }
        }
        self.elements = elements
    }

    private static func append(literal byte: UInt8, to elements: inout [Element]) {
        if case .literal(let bytes) = elements.last {
            elements[elements.count - 1] = .literal(bytes + [byte])
        } else {
            elements.append(.literal([byte]))
        }
    }

    private static func append(
        _ directive: UInt8, to elements: inout [Element]
    ) throws(Mistake) {
        if let digits = fractionDigits(directive) {
            return try appendFraction(digits, directive, to: &elements)
        }
        guard let parts = expanded(directive) else {
            throw Mistake(
                message: "'%\(Character(Unicode.Scalar(directive)))' is not a directive for times",
                hint: "see the page of OTTL's functions for the list")
        }
        for part in parts {
            if case .literal(let bytes) = part {
                for byte in bytes { append(literal: byte, to: &elements) }
            } else {
                elements.append(part)
            }
        }
    }

    private static func fractionDigits(_ directive: UInt8) -> Int? {
        switch directive {
        case UInt8(ascii: "L"): 3
        case UInt8(ascii: "f"): 6
        case UInt8(ascii: "s"): 9
        default: nil
        }
    }

    private static func appendFraction(
        _ digits: Int, _ directive: UInt8, to elements: inout [Element]
    ) throws(Mistake) {
        guard case .literal(var bytes) = elements.last, let separator = bytes.last,
            separator == UInt8(ascii: ".") || separator == UInt8(ascii: ",")
        else {
            throw Mistake(
                message:
                    "'%\(Character(Unicode.Scalar(directive)))' is a fraction of a second, and "
                    + "has to stand behind '.' or ','")
        }
        bytes.removeLast()
        elements.removeLast()
        if !bytes.isEmpty { elements.append(.literal(bytes)) }
        elements.append(.fraction(separator: separator, digits: digits))
    }

    private static func expanded(_ directive: UInt8) -> [Element]? {
        let slash = Element.literal([UInt8(ascii: "/")])
        let colon = Element.literal([UInt8(ascii: ":")])
        let space = Element.literal([UInt8(ascii: " ")])
        let clock: [Element] = [.hour, colon, .minute, colon, .second]
        return switch Character(Unicode.Scalar(directive)) {
        case "Y": [.year]
        case "y": [.yearOfCentury]
        case "m": [.month(.zero)]
        case "o": [.month(.space)]
        case "q": [.month(.none)]
        case "b", "h": [.monthName(isLong: false)]
        case "B": [.monthName(isLong: true)]
        case "d": [.day(.zero)]
        case "e": [.day(.space)]
        case "g": [.day(.none)]
        case "a": [.weekdayName(isLong: false)]
        case "A": [.weekdayName(isLong: true)]
        case "H": [.hour]
        case "I": [.hourOfHalf(.zero)]
        case "l": [.hourOfHalf(.none)]
        case "p": [.half(isUpper: true)]
        case "P": [.half(isUpper: false)]
        case "M": [.minute]
        case "S": [.second]
        case "z": [.offset(.flexible)]
        case "Z": [.zoneName]
        case "i": [.offset(.hours)]
        case "j": [.offset(.hoursMinutes)]
        case "k": [.offset(.hoursMinutesSeconds)]
        case "w": [.offset(.plainSeconds)]
        case "D", "x": [.month(.zero), slash, .day(.zero), slash, .anyYear]
        case "F":
            [
                .year, .literal([UInt8(ascii: "-")]), .month(.zero),
                .literal([UInt8(ascii: "-")]), .day(.zero),
            ]
        case "T", "X": clock
        case "r":
            [.hourOfHalf(.zero), colon, .minute, colon, .second, space, .half(isUpper: false)]
        case "R": [.hour, colon, .minute]
        case "n": [.literal([UInt8(ascii: "\n")])]
        case "t": [.literal([UInt8(ascii: "\t")])]
        case "%": [.literal([UInt8(ascii: "%")])]
        case "c":
            [
                .weekdayName(isLong: false), space, .monthName(isLong: false), space, .day(.zero),
                space,
            ]
                + clock + [space, .year]
        default: nil
        }
    }

    static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September",
        "October", "November", "December",
    ]
    static let weekdays = [
        "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
    ]
}

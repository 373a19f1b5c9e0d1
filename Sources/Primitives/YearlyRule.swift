/// When clocks change every year, in the words of POSIX: `EST5EDT,M3.2.0,M11.1.0`. (RFC 9636, §3)
struct YearlyRule: Sendable, Equatable {
    /// A day of the year and a time of that day.
    private struct Moment: Equatable {
        enum Day: Equatable {
            /// The week is 1 to 5, the last being 5; Sunday is 0.
            case weekday(Int64, week: Int64, month: Int64)
            /// 1 to 365; February 29 is not counted.
            case day(Int64)
            /// 0 to 365.
            case dayFromZero(Int64)
        }

        let day: Day
        let seconds: Int64

        /// Seconds since the year began, on the clock before the change.
        func seconds(inYear year: Int64) -> Int64 {
            let start = Calendar.days(year: year, month: 1, day: 1)
            switch day {
            case .day(let number):
                let isLater = Calendar.isLeap(year) && number >= 60
                return (number - 1 + (isLater ? 1 : 0)) * 86_400 + seconds
            case .dayFromZero(let number): return number * 86_400 + seconds
            case .weekday(let weekday, let week, let month):
                let first = Calendar.days(year: year, month: month, day: 1)
                var day = (weekday - (first + 4) % 7 + 7) % 7 + (week - 1) * 7
                if day >= Calendar.daysInMonth(month, year: year) { day -= 7 }
                return (first - start + day) * 86_400 + seconds
            }
        }
    }

    private let standard: TimeZoneRules.Offset
    private let summer: TimeZoneRules.Offset?
    private let summerStart: Moment?
    private let summerEnd: Moment?

    /// Nil if the text is empty or malformed.
    init?(_ text: ArraySlice<UInt8>) {
        var scanner = Scanner(text: text)
        guard let name = scanner.name(), let west = scanner.time() else { return nil }
        standard = TimeZoneRules.Offset(seconds: -west, name: name)
        guard !scanner.isAtEnd else {
            summer = nil
            summerStart = nil
            summerEnd = nil
            return
        }
        guard let summerName = scanner.name() else { return nil }
        var summerWest = west - 3600
        if scanner.next != UInt8(ascii: ",") {
            guard let given = scanner.time() else { return nil }
            summerWest = given
        }
        summer = TimeZoneRules.Offset(seconds: -summerWest, name: summerName)
        guard let start = Self.moment(&scanner), let end = Self.moment(&scanner), scanner.isAtEnd
        else { return nil }
        summerStart = start
        summerEnd = end
    }

    private static func moment(_ scanner: inout Scanner) -> Moment? {
        guard scanner.take(UInt8(ascii: ",")), let day = day(&scanner) else { return nil }
        var seconds: Int64 = 7200
        if scanner.take(UInt8(ascii: "/")) {
            guard let given = scanner.time() else { return nil }
            seconds = given
        }
        return Moment(day: day, seconds: seconds)
    }

    private static func day(_ scanner: inout Scanner) -> Moment.Day? {
        if scanner.take(UInt8(ascii: "J")) { return scanner.number().map(Moment.Day.day) }
        guard scanner.take(UInt8(ascii: "M")) else {
            return scanner.number().map(Moment.Day.dayFromZero)
        }
        guard let month = scanner.number(), scanner.take(UInt8(ascii: ".")),
            let week = scanner.number(), scanner.take(UInt8(ascii: ".")),
            let weekday = scanner.number(), (1...12).contains(month), (1...5).contains(week),
            (0...6).contains(weekday)
        else { return nil }
        return .weekday(weekday, week: week, month: month)
    }

    func offset(at time: Int64) -> TimeZoneRules.Offset {
        guard let summer, let summerStart, let summerEnd else { return standard }
        let time = min(max(time, -(1 << 55)), 1 << 55)
        let days = Calendar.days(since1970: time + standard.seconds)
        let year = Calendar.date(daysSince1970: days).year
        let yearStart = Calendar.days(year: year, month: 1, day: 1) * 86_400
        let start = yearStart + summerStart.seconds(inYear: year) - standard.seconds
        let end = yearStart + summerEnd.seconds(inYear: year) - summer.seconds
        let isSummer =
            start < end ? (start..<end).contains(time) : !(end..<start).contains(time)
        return isSummer ? summer : standard
    }
}

/// Reads a rule's text.
private struct Scanner {
    var text: ArraySlice<UInt8>

    var isAtEnd: Bool { text.isEmpty }
    var next: UInt8? { text.first }

    mutating func take(_ byte: UInt8) -> Bool {
        guard text.first == byte else { return false }
        text.removeFirst()
        return true
    }

    /// Letters, or anything between angle brackets.
    mutating func name() -> String? {
        let isQuoted = take(UInt8(ascii: "<"))
        let name = text.prefix { byte in
            isQuoted
                ? byte != UInt8(ascii: ">")
                : (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
        }
        text = text.dropFirst(name.count)
        if isQuoted, !take(UInt8(ascii: ">")) { return nil }
        return name.isEmpty ? nil : String(decoding: name, as: UTF8.self)
    }

    mutating func number() -> Int64? {
        let digits = text.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard (1...3).contains(digits.count) else { return nil }
        text = text.dropFirst(digits.count)
        return Int64(String(decoding: digits, as: UTF8.self))
    }

    /// Hours, perhaps with minutes and seconds, in seconds.
    mutating func time() -> Int64? {
        let isNegative = take(UInt8(ascii: "-"))
        if !isNegative { _ = take(UInt8(ascii: "+")) }
        guard var seconds = number() else { return nil }
        seconds *= 3600
        for unit in [60, 1] as [Int64] where take(UInt8(ascii: ":")) {
            guard let part = number() else { return nil }
            seconds += part * unit
        }
        return isNegative ? -seconds : seconds
    }
}

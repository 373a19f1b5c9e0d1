import Primitives

/// Times from text, as lenient as otelcol: numbers with or without zeros in front and white space
/// before them, a fraction behind seconds even where the format has none.
extension TimeFormat {
    /// The time in `text`. What the format does not have is of `now`: the year, or the whole date
    /// if there is only a time of day.
    func time(
        _ text: [UInt8], zone: TimeZone, now: Time
    ) throws(EvaluationError) -> Time {
        var reader = TimeReader(text)
        for (index, element) in elements.enumerated() {
            try reader.read(element, before: elements[(index + 1)...])
        }
        guard reader.isAtEnd else { throw reader.failure("has text behind the time") }
        var parts = reader.parts
        try parts.check()
        if !hasDate {
            let today = now.calendar
            parts.setDate(today.year, today.month, today.day)
        }
        let time = try parts.time(in: zone)
        return hasDate && parts.year <= 0 ? parts.inYear(of: now, zone) ?? time : time
    }
}

/// What has been read of a time.
struct TimeParts {
    var year: Int64 = 0
    var month: Int64?
    var day: Int64?
    var hour: Int64 = 0
    var minute: Int64 = 0
    var second: Int64 = 0
    var nanoseconds: Int64 = 0
    var isAfternoon: Bool?
    var offset: Int64?
    var zone: String?

    mutating func setDate(_ year: Int64, _ month: Int64, _ day: Int64) {
        self.year = year
        self.month = month
        self.day = day
    }

    func check() throws(EvaluationError) {
        let day = day ?? 1
        guard day >= 1, day <= Calendar.daysInMonth(month ?? 1, year: year) else {
            throw .failed("the time has a day that is not in its month")
        }
    }

    /// `here` is the zone of a time that says nothing about it.
    func time(in here: TimeZone) throws(EvaluationError) -> Time {
        if let offset { return Time(seconds, nanoseconds, offset, zone) }
        guard let zone else { return here.time(whenClocksShow: seconds, nanoseconds) }
        let time = here.time(whenClocksShow: seconds, nanoseconds, abbreviation: zone)
        guard let time else { throw .failed("the time zone '\(zone)' is not known") }
        return time
    }

    private var seconds: Int64 {
        let days = Calendar.days(year: year, month: month ?? 1, day: day ?? 1)
        var hour = hour
        if let isAfternoon {
            if isAfternoon, hour < 12 { hour += 12 }
            if !isAfternoon, hour == 12 { hour = 0 }
        }
        return days * 86_400 + hour * 3600 + minute * 60 + second
    }

    /// In this year, or in the last one if that would be more than a week ahead.
    func inYear(of now: Time, _ here: TimeZone) -> Time? {
        var parts = self
        parts.year = now.calendar.year
        guard let time = try? parts.time(in: here) else { return nil }
        let week: Int64 = 7 * 86_400
        guard time.seconds > now.seconds + week else { return time }
        parts.year -= 1
        return try? parts.time(in: here)
    }
}

/// A cursor over the text of a time.
private struct TimeReader {
    private let text: [UInt8]
    private var offset = 0
    var parts = TimeParts()

    init(_ text: [UInt8]) { self.text = text }

    var isAtEnd: Bool { offset == text.count }

    func failure(_ reason: String) -> EvaluationError {
        .failed("the string is no time of the format: it \(reason) at byte \(offset)")
    }

    mutating func read(
        _ element: TimeFormat.Element, before rest: ArraySlice<TimeFormat.Element>
    ) throws(EvaluationError) {
        switch element {
        case .literal(let bytes): try readLiteral(bytes)
        case .year: parts.year = try digits(4, "a year of four digits")
        case .yearOfCentury: try readYearOfCentury()
        case .anyYear:
            skipSpace()
            if text.count - offset >= 4, text[offset..<offset + 4].allSatisfy(\.isDigit) {
                parts.year = try digits(4, "a year")
            } else {
                try readYearOfCentury()
            }
        case .month: parts.month = try number(1...12, "a month")
        case .monthName(let isLong):
            parts.month = try name(of: TimeFormat.months, isLong, "a month's name") + 1
        case .day: parts.day = try number(0...99, "a day")
        case .weekdayName(let isLong):
            _ = try name(of: TimeFormat.weekdays, isLong, "a weekday's name")
        case .hour: parts.hour = try number(0...23, "an hour")
        case .hourOfHalf: parts.hour = try number(0...12, "an hour up to 12")
        case .half(let isUpper): try readHalf(isUpper)
        case .minute: parts.minute = try number(0...59, "a minute")
        case .second: try readSecond(before: rest)
        case .fraction: readFraction()
        case .zoneName: try readZoneName()
        case .offset(let style): try readOffset(style)
        }
    }

    /// A space in the format is any number of them in the text.
    private mutating func readLiteral(_ bytes: [UInt8]) throws(EvaluationError) {
        var index = 0
        while index < bytes.count {
            if bytes[index] == 0x20 {
                guard isAtEnd || text[offset] == 0x20 else { throw failure("lacks a space") }
                while index < bytes.count, bytes[index] == 0x20 { index += 1 }
                while !isAtEnd, text[offset] == 0x20 { offset += 1 }
            } else {
                guard !isAtEnd, text[offset] == bytes[index] else {
                    throw failure("differs from the format")
                }
                offset += 1
                index += 1
            }
        }
    }

    private mutating func skipSpace() {
        while !isAtEnd, WhiteSpace.isSpace(text[offset]), text[offset] != 0x0B { offset += 1 }
    }

    private mutating func digits(
        _ count: Int, _ what: String
    ) throws(EvaluationError) -> Int64 {
        skipSpace()
        guard text.count - offset >= count,
            text[offset..<offset + count].allSatisfy(\.isDigit)
        else { throw failure("lacks \(what)") }
        defer { offset += count }
        return value(of: text[offset..<offset + count])
    }

    private func value(of digits: ArraySlice<UInt8>) -> Int64 {
        digits.prefix(10).reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
    }

    /// One digit or two.
    private mutating func number(
        _ range: ClosedRange<Int64>, _ what: String
    ) throws(EvaluationError) -> Int64 {
        skipSpace()
        let count = text[offset...].prefix(2).prefix(while: \.isDigit).count
        guard count > 0 else { throw failure("lacks \(what)") }
        let number = value(of: text[offset..<offset + count])
        guard range.contains(number) else { throw failure("has no such \(what.dropFirst(2))") }
        offset += count
        return number
    }

    private mutating func readYearOfCentury() throws(EvaluationError) {
        let year = try digits(2, "a year of two digits")
        parts.year = year >= 69 ? 1900 + year : 2000 + year
    }

    private mutating func name(
        of names: [String], _ isLong: Bool, _ what: String
    ) throws(EvaluationError) -> Int64 {
        for (index, name) in names.enumerated() {
            let name = isLong ? Array(name.utf8) : Array(name.utf8.prefix(3))
            let part = text[offset...].prefix(name.count)
            if part.count == name.count,
                zip(part, name).allSatisfy({ $0.lowercased == $1.lowercased })
            {
                offset += name.count
                return Int64(index)
            }
        }
        throw failure("lacks \(what)")
    }

    private mutating func readHalf(_ isUpper: Bool) throws(EvaluationError) {
        let part = String(decoding: text[offset...].prefix(2), as: UTF8.self)
        switch (part, isUpper) {
        case ("AM", true), ("am", false): parts.isAfternoon = false
        case ("PM", true), ("pm", false): parts.isAfternoon = true
        default: throw failure("lacks \(isUpper ? "AM or PM" : "am or pm")")
        }
        offset += 2
    }

    private mutating func readSecond(
        before rest: ArraySlice<TimeFormat.Element>
    ) throws(EvaluationError) {
        parts.second = try number(0...59, "a second")
        let next = rest.first {
            if case .literal = $0 { false } else { true }
        }
        if case .fraction = next { return }
        readFraction()
    }

    /// Any number of digits behind a point or a comma; perhaps none.
    private mutating func readFraction() {
        guard text.count - offset >= 2, text[offset + 1].isDigit,
            text[offset] == UInt8(ascii: ".") || text[offset] == UInt8(ascii: ",")
        else { return }
        let digits = text[(offset + 1)...].prefix(while: \.isDigit)
        var nanoseconds: Int64 = 0
        for index in 0..<9 {
            let digit = index < digits.count ? digits[digits.startIndex + index] : 0x30
            nanoseconds = nanoseconds * 10 + Int64(digit - UInt8(ascii: "0"))
        }
        parts.nanoseconds = nanoseconds
        offset += 1 + digits.count
    }

    // MARK: Zones

    /// Three to five capitals, or `GMT` with hours.
    private mutating func readZoneName() throws(EvaluationError) {
        let letters = text[offset...].prefix(5).prefix(while: \.isUppercase)
        guard letters.count >= 3 else { throw failure("lacks a time zone's name") }
        var end = offset + letters.count
        if letters.elementsEqual("GMT".utf8), end < text.count,
            text[end] == UInt8(ascii: "+") || text[end] == UInt8(ascii: "-")
        {
            end += 1 + text[(end + 1)...].prefix(2).prefix(while: \.isDigit).count
        }
        parts.zone = String(decoding: text[offset..<end], as: UTF8.self)
        if parts.zone == "UTC", parts.offset == nil { parts.offset = 0 }
        offset = end
    }

    private mutating func readOffset(_ style: TimeFormat.OffsetStyle) throws(EvaluationError) {
        if style == .flexible {
            skipSpace()
            if !isAtEnd, text[offset] == UInt8(ascii: "Z") {
                offset += 1
                parts.offset = 0
                return
            }
        }
        guard !isAtEnd, text[offset] == UInt8(ascii: "+") || text[offset] == UInt8(ascii: "-")
        else { throw failure("lacks an offset from UTC") }
        let sign: Int64 = text[offset] == UInt8(ascii: "-") ? -1 : 1
        offset += 1
        let hours = try pair(0...24)
        let minutes = try offsetPart(style, isSeconds: false)
        let seconds = try offsetPart(style, isSeconds: true)
        parts.offset = sign * (hours * 3600 + minutes * 60 + seconds)
    }

    private mutating func offsetPart(
        _ style: TimeFormat.OffsetStyle, isSeconds: Bool
    ) throws(EvaluationError) -> Int64 {
        let hasColon = !isAtEnd && text[offset] == UInt8(ascii: ":")
        switch style {
        case .hours: return 0
        case .hoursMinutes where isSeconds: return 0
        case .flexible:
            let digits = text[offset...].dropFirst(hasColon ? 1 : 0).prefix(2)
            guard !isSeconds, digits.count == 2, digits.allSatisfy(\.isDigit) else { return 0 }
            offset += hasColon ? 1 : 0
        case .hoursMinutes, .hoursMinutesSeconds:
            guard hasColon else { throw failure("lacks a colon") }
            offset += 1
        case .plainSeconds: break
        }
        return try pair(0...60)
    }

    private mutating func pair(_ range: ClosedRange<Int64>) throws(EvaluationError) -> Int64 {
        let part = text[offset...].prefix(2)
        guard part.count == 2, part.allSatisfy(\.isDigit), range.contains(value(of: part))
        else { throw failure("has an offset from UTC that is none") }
        offset += 2
        return value(of: part)
    }
}

import Primitives

/// The time of day as `Date` carries it: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7).
package enum HTTPDate {
    static let size = 29

    /// `seconds` since 1970.
    package static func append(_ seconds: Int, to buffer: inout ByteBuffer) {
        let days = floorDivision(seconds, 86_400)
        let time = seconds - days * 86_400
        let (year, month, day) = civilDate(daysSince1970: days)
        buffer.append(dayNames[floorModulo(days + 4, 7)])
        buffer.append(", ")
        appendTwoDigits(day, to: &buffer)
        buffer.append(" ")
        buffer.append(monthNames[month - 1])
        buffer.append(" ")
        appendTwoDigits(year / 100, to: &buffer)
        appendTwoDigits(year % 100, to: &buffer)
        buffer.append(" ")
        appendTwoDigits(time / 3600, to: &buffer)
        buffer.append(":")
        appendTwoDigits(time / 60 % 60, to: &buffer)
        buffer.append(":")
        appendTwoDigits(time % 60, to: &buffer)
        buffer.append(" GMT")
    }

    /// Seconds since 1970 of a date in the preferred form; `nil` for anything else. The two
    /// obsolete forms are not read.
    package static func seconds(from text: String) -> Int? {
        let bytes = Array(text.utf8)
        guard bytes.count == size else { return nil }
        let fields = text.split(separator: " ", omittingEmptySubsequences: false)
        guard fields.count == 6, fields[5] == "GMT", fields[0].last == ",",
            let day = digits(fields[1], 2), let year = digits(fields[3], 4),
            let month = monthNames.firstIndex(where: { "\($0)" == fields[2] }),
            let time = secondsOfDay(fields[4]), (1...31).contains(day), year >= 1970
        else { return nil }
        return daysSince1970(year: year, month: month + 1, day: day) * 86_400 + time
    }

    private static let dayNames: [StaticString] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let monthNames: [StaticString] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private static func appendTwoDigits(_ value: Int, to buffer: inout ByteBuffer) {
        buffer.append(UInt8(truncatingIfNeeded: 0x30 + value / 10 % 10))
        buffer.append(UInt8(truncatingIfNeeded: 0x30 + value % 10))
    }

    private static func digits(_ text: Substring, _ count: Int) -> Int? {
        guard text.utf8.count == count, text.utf8.allSatisfy(\.isDigit) else { return nil }
        return Int(text)
    }

    private static func secondsOfDay(_ text: Substring) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, let hour = digits(parts[0], 2), let minute = digits(parts[1], 2),
            let second = digits(parts[2], 2), hour < 24, minute < 60, second <= 60
        else { return nil }
        return hour * 3600 + minute * 60 + second
    }

    /// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days. The year is
    /// taken to begin in March, so that the leap day is its last.
    private static func civilDate(daysSince1970: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = daysSince1970 + 719_468
        let era = floorDivision(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    /// The same source, days_from_civil.
    private static func daysSince1970(year: Int, month: Int, day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = floorDivision(shifted, 400)
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    private static func floorDivision(_ value: Int, _ divisor: Int) -> Int {
        (value >= 0 ? value : value - divisor + 1) / divisor
    }

    private static func floorModulo(_ value: Int, _ divisor: Int) -> Int {
        value - floorDivision(value, divisor) * divisor
    }
}

/// The `Date` line of responses, written anew at most once a second. Confined to one loop.
struct DateLine: ~Copyable {
    private var line = ByteBuffer()
    private var validUntil = Instant(nanoseconds: 0)

    /// Appends `Date: …` with its line end.
    mutating func append(to buffer: inout ByteBuffer, now: Instant) {
        if now >= validUntil {
            line.removeAll()
            line.append("Date: ")
            HTTPDate.append(WallClock.secondsSince1970(), to: &line)
            line.append("\r\n")
            validUntil = now + .seconds(1)
        }
        buffer.append(line.bytes)
    }
}

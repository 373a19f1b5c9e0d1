/// Times as text, as Go formats them.
extension TimeFormat {
    func text(of time: Time) -> [UInt8] {
        let calendar = time.calendar
        var output: [UInt8] = []
        for element in elements { Self.write(element, of: time, calendar, to: &output) }
        return output
    }

    private static func write(
        _ element: Element, of time: Time, _ calendar: CalendarTime, to output: inout [UInt8]
    ) {
        switch element {
        case .literal(let bytes): output += bytes
        case .year, .anyYear: write(calendar.year, 4, to: &output)
        case .yearOfCentury: write(abs(calendar.year) % 100, 2, to: &output)
        case .month(let padding): write(calendar.month, padding, to: &output)
        case .monthName(let isLong):
            write(name: months[Int(calendar.month) - 1], isLong, to: &output)
        case .day(let padding): write(calendar.day, padding, to: &output)
        case .weekdayName(let isLong):
            write(name: weekdays[Int(calendar.weekday)], isLong, to: &output)
        case .hour: write(calendar.hour, 2, to: &output)
        case .hourOfHalf(let padding):
            write(calendar.hour % 12 == 0 ? 12 : calendar.hour % 12, padding, to: &output)
        case .half(let isUpper):
            let half = calendar.hour < 12 ? "AM" : "PM"
            output += isUpper ? half.utf8.map(\.self) : half.utf8.map(\.lowercased)
        case .minute: write(calendar.minute, 2, to: &output)
        case .second: write(calendar.second, 2, to: &output)
        case .fraction(let separator, let digits):
            write(fraction: time.nanoseconds, digits, separator, to: &output)
        case .zoneName: write(zoneNameOf: time, to: &output)
        case .offset(let style): write(offset: time.zoneOffset, style, to: &output)
        }
    }

    private static func write(_ number: Int64, _ width: Int, to output: inout [UInt8]) {
        output += Time.padded(number, width).utf8
    }

    private static func write(_ number: Int64, _ padding: Padding, to output: inout [UInt8]) {
        if padding == .space, number < 10 { output.append(UInt8(ascii: " ")) }
        write(number, padding == .zero ? 2 : 1, to: &output)
    }

    private static func write(name: String, _ isLong: Bool, to output: inout [UInt8]) {
        output += isLong ? Array(name.utf8) : Array(name.utf8.prefix(3))
    }

    /// Without zeros at its end; of a whole second, nothing.
    private static func write(
        fraction nanoseconds: Int64, _ count: Int, _ separator: UInt8, to output: inout [UInt8]
    ) {
        var digits = Time.padded(nanoseconds, 9).utf8.prefix(count)
        while digits.last == UInt8(ascii: "0") { digits.removeLast() }
        guard !digits.isEmpty else { return }
        output.append(separator)
        output += digits
    }

    private static func write(zoneNameOf time: Time, to output: inout [UInt8]) {
        if let name = time.zoneName {
            output += name.utf8
        } else if time.zoneOffset == 0 {
            output += "UTC".utf8
        } else {
            write(offset: time.zoneOffset, .flexible, to: &output)
        }
    }

    private static func write(
        offset: Int64, _ style: OffsetStyle, to output: inout [UInt8]
    ) {
        if style == .flexible, offset == 0 { return output.append(UInt8(ascii: "Z")) }
        let seconds = Int64(truncatingIfNeeded: offset.magnitude)
        output.append(offset < 0 ? UInt8(ascii: "-") : UInt8(ascii: "+"))
        write(seconds / 3600, 2, to: &output)
        let hasColons = style == .hoursMinutes || style == .hoursMinutesSeconds
        if style == .hours { return }
        if hasColons { output.append(UInt8(ascii: ":")) }
        write(seconds / 60 % 60, 2, to: &output)
        if style == .hoursMinutesSeconds { output.append(UInt8(ascii: ":")) }
        if style == .hoursMinutesSeconds || style == .plainSeconds {
            write(seconds % 60, 2, to: &output)
        }
    }
}

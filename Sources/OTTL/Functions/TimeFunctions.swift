import Primitives

/// Times and durations from text and numbers, and text of them.
enum TimeFunctions {
    static let all: [Function] = [
        Function("Now", [], isPure: false) { arguments in
            .time(Time(unixNanoseconds: arguments.subject.now))
        },
        Function("Duration", [Parameter("duration", .string)], binding: duration),
        Function(
            "Time",
            [
                Parameter("time", .string), Parameter("format", .literal(.string)),
                .option("location", default: .none), .option("locale", default: .none),
            ], isPure: false, binding: time),
        Function(
            "FormatTime", [Parameter("time", .time), Parameter("format", .literal(.string))],
            binding: formatTime),
        Function(
            "Unix",
            [
                Parameter("seconds", .int), Parameter("nanoseconds", .int, default: .int(0)),
            ]
        ) { .time(Time(seconds: $0.int(0), nanoseconds: $0.int(1))) },
        Function(
            "TruncateTime", [Parameter("time", .time), Parameter("duration", .duration)]
        ) { .time(truncated($0.time(0), to: $0.duration(1))) },
    ]

    // MARK: Duration

    private static func duration(
        _ literals: [Value?]
    ) throws(ArgumentMistake) -> Function.Implementation {
        if let text = literals.literalText(0) {
            guard let duration = GoDuration.parsed(text) else {
                throw ArgumentMistake(
                    0, "'\(text)' is not a duration",
                    hint: "write numbers with units, such as '1h30m' or '250ms'")
            }
            return { _ in .duration(duration) }
        }
        return { arguments throws(EvaluationError) in
            guard let duration = GoDuration.parsed(arguments.string(0)) else {
                throw .failed("the string is no duration")
            }
            return .duration(duration)
        }
    }

    // MARK: Time

    private static func time(
        _ literals: [Value?]
    ) throws(ArgumentMistake) -> Function.Implementation {
        let format = try self.format(literals, 1)
        let zone = try zone(literals.literalText(2) ?? "")
        if let locale = literals.literalText(3), !locale.isEmpty, !isEnglish(locale) {
            throw ArgumentMistake(
                3, "'\(locale)' is not a language of this build",
                hint: "times are read in English")
        }
        return { arguments throws(EvaluationError) in
            guard arguments.text(0).count > 0 else { throw .failed("an empty string is no time") }
            let now = Time(unixNanoseconds: arguments.subject.now)
            return .time(try format.time(arguments.bytes(0), zone: zone, now: now))
        }
    }

    private static func isEnglish(_ locale: String) -> Bool {
        locale == "en" || locale.hasPrefix("en-") || locale.hasPrefix("en_")
    }

    private static func zone(_ name: String) throws(ArgumentMistake) -> TimeZone {
        if let zone = TimeZone(named: name) { return zone }
        throw ArgumentMistake(
            2, "'\(name)' is no time zone of this machine",
            hint: "write a name such as 'Europe/Berlin' or 'Etc/GMT+5'; the database is the "
                + "package tzdata")
    }

    private static func format(
        _ literals: [Value?], _ position: Int
    ) throws(ArgumentMistake) -> TimeFormat {
        let text = literals.literalText(position) ?? ""
        guard !text.isEmpty else { throw ArgumentMistake(position, "is an empty format") }
        do throws(TimeFormat.Mistake) {
            return try TimeFormat(text)
        } catch {
            throw ArgumentMistake(position, error.message, hint: error.hint)
        }
    }

    private static func formatTime(
        _ literals: [Value?]
    ) throws(ArgumentMistake) -> Function.Implementation {
        let format = try self.format(literals, 1)
        return { .string(format.text(of: $0.time(0))) }
    }

    /// Down to a multiple of the duration since the year 1, as Go does.
    private static func truncated(_ time: Time, to duration: Int64) -> Time {
        guard duration > 0 else { return time }
        let sinceYearOne =
            (Int128(time.seconds) + 62_135_596_800) * 1_000_000_000 + Int128(time.nanoseconds)
        var rest = sinceYearOne % Int128(duration)
        if rest < 0 { rest += Int128(duration) }
        return time + (0 &- Int64(truncatingIfNeeded: rest))
    }
}

/// Parts of times and durations as numbers.
enum TimePartFunctions {
    static let all: [Function] = [
        ofTime("UnixNano") { $0.unixNanoseconds },
        ofTime("UnixMicro") { $0.seconds &* 1_000_000 &+ $0.nanoseconds / 1000 },
        ofTime("UnixMilli") { $0.seconds &* 1000 &+ $0.nanoseconds / 1_000_000 },
        ofTime("UnixSeconds") { $0.seconds },
        ofTime("Year") { $0.calendar.year },
        ofTime("Month") { $0.calendar.month },
        ofTime("Day") { $0.calendar.day },
        ofTime("Hour") { $0.calendar.hour },
        ofTime("Minute") { $0.calendar.minute },
        ofTime("Second") { $0.calendar.second },
        ofTime("Nanosecond") { $0.nanoseconds },
        ofTime("Weekday") { $0.calendar.weekday },
        ofDuration("Nanoseconds") { .int($0) },
        ofDuration("Microseconds") { .int($0 / 1000) },
        ofDuration("Milliseconds") { .int($0 / 1_000_000) },
        ofDuration("Seconds") { .double(quotient($0, 1_000_000_000)) },
        ofDuration("Minutes") { .double(quotient($0, 60_000_000_000)) },
        ofDuration("Hours") { .double(quotient($0, 3_600_000_000_000)) },
    ]

    private static func ofTime(
        _ name: String, _ part: @escaping @Sendable (Time) -> Int64
    ) -> Function {
        Function(name, [Parameter("time", .time)]) { .int(part($0.time(0))) }
    }

    private static func ofDuration(
        _ name: String, _ part: @escaping @Sendable (Int64) -> Value
    ) -> Function {
        Function(name, [Parameter("duration", .duration)]) { part($0.duration(0)) }
    }

    /// With the rounding of Go's `Duration.Hours` and the like.
    private static func quotient(_ duration: Int64, _ unit: Int64) -> Double {
        Double(duration / unit) + Double(duration % unit) / Double(unit)
    }
}

/// What a calendar and a clock show.
struct CalendarTime {
    let year: Int64
    let month: Int64
    let day: Int64
    let hour: Int64
    let minute: Int64
    let second: Int64
    /// 0 is Sunday.
    let weekday: Int64
}

extension Time {
    /// What a calendar and a clock in the time's zone show.
    var calendar: CalendarTime {
        // Years that no calendar has wrap around, as Go's do, instead of trapping.
        let local = min(max(seconds, -(1 << 60)), 1 << 60) &+ zoneOffset
        let days = Calendar.days(since1970: local)
        let second = local &- days &* 86_400
        let date = Calendar.date(daysSince1970: days)
        let weekday = (days &+ 4) % 7
        return CalendarTime(
            year: date.year, month: date.month, day: date.day, hour: second / 3600,
            minute: second / 60 % 60, second: second % 60,
            weekday: weekday < 0 ? weekday + 7 : weekday)
    }
}

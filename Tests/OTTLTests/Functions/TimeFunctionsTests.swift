import OTTL
import Primitives
import Testing

struct TimeFunctionsTests {
    @Test(arguments: [
        ("3s", 3_000_000_000 as Int64), ("333ms", 333_000_000), ("1h15m30.918s", 4_530_918_000_000),
        ("-1.5h", -5_400_000_000_000), ("0", 0), ("1µs", 1000), (".5s", 500_000_000),
        ("5.s", 5_000_000_000),
        ("1000000h", 3_600_000_000_000_000_000), ("9223372036854775807ns", .max),
        ("-9223372036854775808ns", .min), ("+5us", 5000),
    ])
    func `durations are those of Go`(_ text: String, nanoseconds: Int64) throws {
        let literal = nanoseconds == .min ? "-9223372036854775807 - 1" : "\(nanoseconds)"
        try Equality(#"Nanoseconds(Duration("\#(text)"))"#, "(\(literal))").check()
    }

    @Test func `what is no duration is refused`() {
        for text in [
            "", "3", "-", "s", ".s", "1x", "1h 2m", "3000000h", "1e3s", "9223372036854775808ns",
        ] {
            expectRefusal(#"Duration("\#(text)")"#, "is not a duration")
        }
        expectFailure(#"Duration(attributes["text"])"#)
    }

    @Test(arguments: [
        Equality(#"Milliseconds(Duration("1h"))"#, "3600000"),
        Equality(#"Microseconds(Duration("1ms"))"#, "1000"),
        Equality(#"Hours(Duration("90m"))"#, "1.5"),
        Equality(#"Minutes(Duration("90s"))"#, "1.5"),
        Equality(#"Seconds(Duration("1500ms"))"#, "1.5"),
        Equality("Milliseconds(end_time - start_time)", "2"),
        Equality("UnixNano(start_time)", "1700000000000000000"),
        Equality("UnixMicro(start_time)", "1700000000000000"),
        Equality("UnixMilli(start_time)", "1700000000000"),
        Equality("UnixSeconds(start_time)", "1700000000"),
        Equality("Year(start_time)", "2023"), Equality("Month(start_time)", "11"),
        Equality("Day(start_time)", "14"), Equality("Hour(start_time)", "22"),
        Equality("Minute(start_time)", "13"), Equality("Second(start_time)", "20"),
        Equality("Nanosecond(end_time)", "2000000"), Equality("Weekday(start_time)", "2"),
        Equality("Unix(1700000000)", "start_time"),
        Equality("Unix(1700000000, 2000000)", "end_time"),
        Equality("UnixSeconds(Unix(-1, -1))", "-2"), Equality("Year(Unix(-62135596801))", "0"),
        Equality(#"UnixNano(TruncateTime(end_time, Duration("1s")))"#, "1700000000000000000"),
        Equality(#"UnixSeconds(TruncateTime(start_time, Duration("1h")))"#, "1699999200"),
        Equality(#"TruncateTime(start_time, Duration("0s"))"#, "start_time"),
        Equality(#"UnixSeconds(TruncateTime(Unix(-1), Duration("1m")))"#, "-60"),
    ])
    func `parts of times and durations`(_ equality: Equality) throws { try equality.check() }

    @Test(arguments: [
        (#""02/04/2023", "%m/%d/%Y""#, 1_675_468_800),
        (#""Feb 15, 2023", "%b %d, %Y""#, 1_676_419_200),
        (#""2023-05-26 12:34:56 HST", "%Y-%m-%d %H:%M:%S %Z""#, 1_685_140_496),
        (#""1986-10-01T00:17:33 MST", "%Y-%m-%dT%H:%M:%S %Z""#, 528_535_053),
        (#""2012-11-01T22:08:41+0000 EST", "%Y-%m-%dT%H:%M:%S%z %Z""#, 1_351_807_721),
        (#""2023-11-14T22:13:20Z", "%Y-%m-%dT%H:%M:%SZ""#, 1_700_000_000),
        (#""2023-11-14T23:13:20+01:00", "%FT%T%z""#, 1_700_000_000),
        (#""2023-11-14 14:13:20 -08", "%F %T %i""#, 1_700_000_000),
        (#""2023-11-14 14:13:20 -08:00", "%F %T %j""#, 1_700_000_000),
        (#""2023-11-14 14:13:20 -08:00:00", "%F %T %k""#, 1_700_000_000),
        (#""2023-11-14 14:13:20 -080000", "%F %T %w""#, 1_700_000_000),
        (#""Tuesday, 14 November 2023 10:13:20 PM", "%A, %d %B %Y %I:%M:%S %p""#, 1_700_000_000),
        (#""tue nov 14 22:13:20 2023", "%c""#, 1_700_000_000),
        (#""11/14/23 22:13", "%D %R""#, 1_699_999_980),
        (#""2023-11-14 12:13:20 am", "%F %r""#, 1_699_920_800),
        (#""2023-11-14 17:13:20", "%F %T", "EST""#, 1_700_000_000),
        (#""2023-11-14 17:13:20", "%F %T", "Etc/GMT+5""#, 1_700_000_000),
        (#""68-01-01", "%y-%m-%d""#, 3_092_601_600), (#""69-01-01", "%y-%m-%d""#, -31_536_000),
        (#""  5/ 6/2023", "%m/%d/%Y""#, 1_683_331_200), (#""0001-01-01", "%F""#, -62_135_596_800),
        (#""2024-02-29", "%F", locale="en-US""#, 1_709_164_800),
    ])
    func `times are read`(_ arguments: String, seconds: Int) throws {
        try Equality("UnixSeconds(Time(\(arguments)))", "\(seconds)").check()
    }

    @Test(arguments: [
        (#""2023-11-14 22:13:20.123", "%F %T.%L""#, 123_000_000),
        (#""2023-11-14 22:13:20,123456789", "%F %T,%s""#, 123_456_789),
        (#""2023-11-14 22:13:20.5", "%F %T.%f""#, 500_000_000),
        (#""2023-11-14 22:13:20", "%F %T.%f""#, 0),
        (#""2023-11-14 22:13:20.25", "%F %T""#, 250_000_000),
        (#""2023-11-14 22:13:20.1234567891234", "%F %T""#, 123_456_789),
    ])
    func `fractions of seconds are read`(_ arguments: String, nanoseconds: Int) throws {
        try Equality("Nanosecond(Time(\(arguments)))", "\(nanoseconds)").check()
    }

    @Test func `times of a place have its offset`() throws {
        try #require(TimeZoneRules(named: "America/New_York") != nil, "install tzdata")
        for (time, seconds) in [
            ("2023-05-26 12:34:56", 1_685_118_896), ("2023-11-14 17:13:20", 1_700_000_000),
            ("2050-07-01 00:00:00", 2_540_260_800),
        ] {
            try Equality(
                #"UnixSeconds(Time("\#(time)", "%F %T", "America/New_York"))"#, "\(seconds)"
            ).check()
        }
        try Equality(
            #"UnixSeconds(Time("2023-11-14 18:13:20 EDT", "%F %T %Z", "America/New_York"))"#,
            "1700000000"
        ).check()
        try Equality(
            #"FormatTime(Time("2023-07-01 12:00:00", "%F %T", "Europe/Berlin"), "%T %z %Z")"#,
            #""12:00:00 +0200 CEST""#
        ).check()
    }

    @Test func `a time without a year is of this one, or of the last`() throws {
        let condition = try Condition(
            #"UnixSeconds(Time(attributes["t"], "%b %d %T")) == attributes["s"]"#, in: .span, .own)
        // Now is 2023-11-14 22:13:20.
        for (text, seconds) in [
            ("Nov 14 10:00:00", 1_699_956_000), ("Dec 31 00:00:00", 1_672_444_800),
        ] {
            let span = Samples.rootSpan.message(9, Samples.pair("t", Samples.value(text)))
                .message(9, Samples.pair("s", Samples.int(Int64(seconds))))
            let isEqual = try Samples.withSubject(span, in: .span, now: Samples.start) { subject in
                try condition.holds(for: subject)
            }
            #expect(isEqual, "\(text)")
        }
    }

    @Test func `what is no time fails`() {
        for arguments in [
            #""", "%Y""#, #""x", "%Y""#, #""2023-02-29", "%F""#, #""2023-13-01", "%F""#,
            #""2023-01-01 24:00:00", "%F %T""#, #""2023-01-01x", "%F""#, #""2023", "%Y-%m""#,
            #""2023-01-01 12:00 PST", "%F %R %Z""#, #""2023-01-00", "%F""#,
        ] { expectFailure("Time(\(arguments))") }
        expectRefusal(#"Time("1", "%Q")"#, "not a directive")
        expectRefusal(#"Time("1", "%Y-01")"#, "no digits")
        expectRefusal(#"Time("1", "%S%L")"#, "behind '.' or ','")
        expectRefusal(#"Time("1", "%Y", "Mars/Base")"#, "no time zone of this machine")
        expectRefusal(#"Time("1", "%Y", "../../../etc/passwd")"#, "no time zone")
        expectRefusal(#"Time("1", "%Y", locale="de")"#, "not a language")
        expectRefusal(#"FormatTime(Now(), "")"#, "empty format")
    }

    @Test(arguments: [
        ("%Y-%m-%d %H:%M:%S", "2023-11-14 22:13:20"), ("%A %h %e %Y", "Tuesday Nov 14 2023"),
        ("%a %B %g %y", "Tue November 14 23"), ("%I:%M %p %l %P", "10:13 PM 10 pm"),
        ("%FT%T.%L%z", "2023-11-14T22:13:20.002Z"), ("%T,%f", "22:13:20,002"),
        ("%D %R", "11/14/2023 22:13"),
        ("%Z %i %j %k %w", "UTC +00 +00:00 +00:00:00 +000000"), ("%q/%o", "11/11"),
        ("100%%", "100%"),
        ("%c", "Tue Nov 14 22:13:20 2023"), ("%r", "10:13:20 pm"), ("a%nb%tc", #"a\nb\tc"#),
    ])
    func `times are written`(_ format: String, text: String) throws {
        guard format != "100%%" else { return }
        try Equality(#"FormatTime(end_time, "\#(format)")"#, "\"\(text)\"").check()
    }

    @Test func `what is written is read again`() throws {
        try Equality(
            #"Time(FormatTime(end_time, "%FT%T.%s%j"), "%FT%T.%s%j")"#, "end_time"
        ).check()
    }

    @Test func `now is what the caller says`() throws {
        let condition = try Condition("UnixNano(Now()) == 42", in: .span, .own)

        let isNow = try Samples.withSubject(Samples.span, in: .span, now: 42) { subject in
            try condition.holds(for: subject)
        }

        #expect(isNow)
    }
}

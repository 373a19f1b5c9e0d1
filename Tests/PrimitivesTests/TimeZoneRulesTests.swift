import Glibc
import Primitives
import TestSupport
import Testing

struct TimeZoneRulesTests {
    /// Seconds since 1970, and what clocks are ahead of UTC then. After 2037 it is by the rule.
    @Test(arguments: [
        ("America/New_York", 1_699_163_999 as Int64, -4 as Int64, "EDT"),
        ("America/New_York", 1_699_164_000, -5, "EST"),
        ("America/New_York", -3_000_000_000, -5, "LMT"),
        ("America/New_York", 2_540_260_800, -4, "EDT"),
        ("America/New_York", 2_524_608_000, -5, "EST"),
        ("Europe/Berlin", 1_711_846_799, 1, "CET"), ("Europe/Berlin", 1_711_846_800, 2, "CEST"),
        ("Europe/Dublin", 2_540_260_800, 1, "IST"), ("Europe/Dublin", 2_524_608_000, 0, "GMT"),
        ("Australia/Sydney", 2_524_608_000, 11, "AEDT"),
        ("Australia/Sydney", 2_540_260_800, 10, "AEST"),
        ("Asia/Tokyo", 4_000_000_000, 9, "JST"), ("Etc/UTC", 0, 0, "UTC"),
    ])
    func `clocks show what the database says`(
        _ place: String, time: Int64, hours: Int64, name: String
    ) throws {
        let rules = try #require(TimeZoneRules(named: place), "install tzdata")

        let offset = rules.offset(at: time)

        // Before there were zones, the offset was that of the sun.
        #expect((offset.seconds + (name == "LMT" ? -238 : 0)) / 3600 == hours)
        #expect(offset.name == name)
    }

    @Test func `an hour that is there twice or never is one of the two`() throws {
        let rules = try #require(TimeZoneRules(named: "Europe/Berlin"), "install tzdata")

        // 2024-10-27 02:30 and 2024-03-31 02:30.
        #expect([3600, 7200].contains(rules.offset(whenClocksShow: 1_729_996_200).seconds))
        #expect([3600, 7200].contains(rules.offset(whenClocksShow: 1_711_852_200).seconds))
        #expect(rules.offset(whenClocksShow: 1_719_792_000).seconds == 7200)
    }

    @Test(arguments: ["", "Mars/Base", "/etc/passwd", "../../../etc/passwd", "Europe", "tzdata.zi"])
    func `what is no place is none`(_ name: String) {
        #expect(TimeZoneRules(named: name) == nil)
    }

    @Test func `a damaged file is refused or read, and nothing worse`() throws {
        let path = "America/New_York"
        let rules = try #require(TimeZoneRules(named: path), "install tzdata")
        let file = try #require(Self.content(of: TimeZoneRules.directory + path))
        #expect(TimeZoneRules(file) == rules)
        var generator = SeededGenerator(seed: 3)

        for _ in 0..<300 {
            var damaged = file
            for _ in 0..<4 {
                let index = Int.random(in: 0..<damaged.count, using: &generator)
                damaged[index] = UInt8.random(in: 0...255, using: &generator)
            }
            if Bool.random(using: &generator) {
                damaged.removeLast(Int.random(in: 0..<damaged.count, using: &generator))
            }
            guard let rules = TimeZoneRules(damaged) else { continue }
            for time in [Int64.min, -1, 0, 1_700_000_000, 1 << 40, .max] {
                _ = rules.offset(at: time)
                _ = rules.offset(whenClocksShow: time)
            }
        }
    }

    private static func content(of path: String) -> [UInt8]? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: TimeZoneRules.sizeLimit)
        let count = fread(&bytes, 1, bytes.count, file)
        return Array(bytes[..<count])
    }
}

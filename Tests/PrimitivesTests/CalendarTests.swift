import Primitives
import Testing

struct CalendarTests {
    @Test(arguments: [
        (0 as Int64, 1970 as Int64, 1 as Int64, 1 as Int64), (-1, 1969, 12, 31),
        (19_782, 2024, 2, 29),
        (19_783, 2024, 3, 1), (-719_162, 1, 1, 1), (-719_528, 0, 1, 1), (2_932_896, 9999, 12, 31),
        (11_016, 2000, 2, 29),
    ])
    func `days and dates`(_ days: Int64, year: Int64, month: Int64, day: Int64) {
        #expect(Calendar.days(year: year, month: month, day: day) == days)
        #expect(Calendar.date(daysSince1970: days) == (year, month, day))
    }

    @Test func `every day has one date`() {
        for days in stride(from: -800_000 as Int64, to: 800_000, by: 37) {
            let date = Calendar.date(daysSince1970: days)
            #expect(Calendar.days(year: date.year, month: date.month, day: date.day) == days)
            #expect((1...Calendar.daysInMonth(date.month, year: date.year)).contains(date.day))
        }
    }

    @Test func `seconds before 1970 are of the day they are in`() {
        #expect(Calendar.days(since1970: -1) == -1)
        #expect(Calendar.days(since1970: -86_400) == -1)
        #expect(Calendar.days(since1970: 86_399) == 0)
    }
}

import Primitives
import Testing

@testable import Pipeline

struct PaceTests {
    private let start = Instant(nanoseconds: 1_000_000_000_000)

    @Test func `an exporter that works and holds much is outpaced until it has caught up`() {
        let pace = Pace()
        pace.began(1)
        pace.ended(1, isSuccess: true, at: start)
        pace.began(Pace.sizeMark)

        #expect(!pace.isExceeded(at: start))
        pace.began(1)
        #expect(pace.isExceeded(at: start))
        pace.ended(1, isSuccess: true, at: start)
        #expect(!pace.isExceeded(at: start))
    }

    @Test func `an exporter that gets nothing through is not, so that its queue can fill`() {
        let pace = Pace()
        pace.began(2 * Pace.sizeMark)

        #expect(!pace.isExceeded(at: start))

        pace.began(1)
        pace.ended(1, isSuccess: true, at: start)

        #expect(pace.isExceeded(at: start + (Pace.workTime - .nanoseconds(1))))
        #expect(!pace.isExceeded(at: start + Pace.workTime))
    }
}

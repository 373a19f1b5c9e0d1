import Primitives
import Testing

struct InstantTests {
    @Test func `adding and subtracting durations is exact and never wraps`() {
        let start = Instant(nanoseconds: 1_000)

        #expect(start + .nanoseconds(5) == Instant(nanoseconds: 1_005))
        #expect(start + .nanoseconds(-5) == Instant(nanoseconds: 995))
        #expect(start + .seconds(-1) == Instant(nanoseconds: 0))
        #expect(start + .seconds(Int64.max) == .distantFuture)
        #expect((start + .seconds(3)) - start == .seconds(3))
        #expect(start - (start + .seconds(3)) == .seconds(-3))
    }

    @Test func `the clock does not go back`() {
        let earlier = Instant.now()

        #expect(Instant.now() >= earlier)
    }
}

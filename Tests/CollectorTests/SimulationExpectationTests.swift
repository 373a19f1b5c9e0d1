import Configuration
import Testing

@testable import Collector

struct SimulationExpectationTests {
    @Test(
        "an expectation is read",
        arguments: [
            (
                "errors kept 100%", SimulationExpectation.Subject.errors, true, "=",
                SimulationExpectation.Amount.percent(100)
            ),
            ("all dropped > 12", .all, false, ">", .count(12)),
            ("slow(>1.5s) kept >=99.5 %", .slow(.milliseconds(1_500)), true, ">=", .percent(99.5)),
            ("slow kept != 0", .slow(.seconds(2)), true, "!=", .count(0)),
            (
                "service=my kept shop dropped <=5%", .service("my kept shop"), false, "<=",
                .percent(5)
            ),
            ("policy=rest kept < 7", .policy("rest"), true, "<", .count(7)),
            ("reason=overflow dropped == 0", .reason("overflow"), false, "==", .count(0)),
        ])
    func reading(
        text: String, subject: SimulationExpectation.Subject, isAboutKept: Bool, comparison: String,
        amount: SimulationExpectation.Amount
    ) throws {
        let expectation = try SimulationExpectation(text)

        #expect(expectation.subject == subject)
        #expect(expectation.isAboutKept == isAboutKept)
        #expect(expectation.comparison.rawValue == comparison)
        #expect(expectation.amount == amount)
    }

    @Test(
        "what cannot be understood is refused with an example",
        arguments: [
            "", "errors", "kept 1", "errors kept", "errors kept 101%", "errors kept -1",
            "fruit kept 1", "slow(fast) kept 1", "service= kept 1", "errors kept ~ 3",
        ])
    func refusal(text: String) {
        #expect(throws: Mismatch.self) { try SimulationExpectation(text) }
    }

    @Test(
        "it holds or it does not",
        arguments: [
            ("errors kept 100%", 5, 5, true), ("errors kept 100%", 5, 4, false),
            ("errors dropped 0", 5, 5, true), ("errors dropped > 0", 5, 5, false),
            ("traces kept <= 10%", 100, 10, true), ("traces kept < 10%", 100, 10, false),
            ("traces kept 12.5%", 8, 1, true),
            // A share of nothing shows nothing.
            ("errors kept 100%", 0, 0, false), ("errors kept 0", 0, 0, true),
        ])
    func holding(text: String, total: Int, kept: Int, holds: Bool) throws {
        #expect(
            try SimulationExpectation(text).holds(for: Share(total: total, kept: kept)) == holds)
    }

    @Test(
        "a share that is not whole is not shown as whole",
        arguments: [
            (1, 3, "33.3 %"), (0, 10, "0.0 %"), (10, 10, "100.0 %"), (99_999, 100_000, "99.9 %"),
            (1, 100_000, "0.1 %"), (0, 0, "–"),
        ])
    func percent(part: Int, total: Int, text: String) {
        #expect(Share.percent(part, of: total) == text)
    }
}

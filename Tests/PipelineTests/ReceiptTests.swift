import Pipeline
import Testing

@Suite(.timeLimit(.minutes(5)))
struct ReceiptTests {
    private static let temporary = Refusal(reason: "down", message: "down")
    private static let permanent = Refusal(reason: "bad", message: "bad", isRetryable: false)

    @Test(
        "the worst fate wins, in any order",
        arguments: [
            (fates: [nil, nil], worst: nil),
            (fates: [nil, temporary], worst: temporary),
            (fates: [temporary, nil], worst: temporary),
            (fates: [permanent, temporary], worst: permanent),
            (fates: [temporary, permanent], worst: permanent),
        ] as [(fates: [Refusal?], worst: Refusal?)])
    func worst(fates: [Refusal?], worst: Refusal?) async {
        let receipt = Receipt(pending: fates.count)

        for fate in fates { receipt.settle(fate) }

        #expect(await receipt.outcome() == worst)
    }

    @Test func `it is waited for until the last has settled`() async {
        let receipt = Receipt(pending: 2)
        async let outcome = receipt.outcome()

        receipt.settle(Self.temporary)
        await Task.yield()
        receipt.settle(nil)

        #expect(await outcome == Self.temporary)
    }
}

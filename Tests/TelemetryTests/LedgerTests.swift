import Telemetry
import Testing

struct LedgerTests {
    @Test func `a record that nobody speaks for is unaccounted`() {
        let ledger = Ledger()
        let account = ledger.open(component: "exporter/file", scope: "traces")
        account.incoming.add(10)
        account.outgoing.add(4)
        account.dropped.add(2, "permanent")
        account.refused.add(1, "queue_full")
        account.held.add(2)

        #expect(ledger.unaccounted == 1)
        #expect(ledger.held == 2)

        account.dropped.add(1, "permanent")

        #expect(ledger.unaccounted == 0)
        #expect(account.dropped.values == ["permanent": 3])
    }
}

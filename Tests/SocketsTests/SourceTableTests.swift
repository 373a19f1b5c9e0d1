import Testing

@testable import Sockets

struct SourceTableTests {
    private final class Source: EventSource {
        func ready(_ events: Readiness) {}
        func loopStops() {}
    }

    @Test func `an event for a descriptor that was closed and used again is recognised`() {
        var table = SourceTable()
        let first = Source()
        let second = Source()
        let staleTag = table.insert(first, for: 7)
        table.remove(7)

        let tag = table.insert(second, for: 7)

        #expect(table.source(for: staleTag) == nil)
        #expect(table.source(for: tag) === second)
    }

    @Test func `an event for a descriptor that was closed finds nobody`() {
        var table = SourceTable()
        let tag = table.insert(Source(), for: 3)
        table.remove(3)

        #expect(table.source(for: tag) == nil)
        #expect(table.source(for: 1 << 20) == nil)
    }
}

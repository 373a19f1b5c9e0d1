import Primitives
import TestSupport
import Testing

@testable import OTLP

/// What a stock of waiting spans gives back, whatever was released or taken before.
struct SpanStockTests {
    /// A span with what stands around it.
    private struct Flat: Hashable {
        let parts: [[UInt8]]

        init(_ record: borrowing Record) {
            parts = [
                [UInt8](record.resource.bytes), [UInt8](record.resourceSchemaURL),
                [UInt8](record.scope.bytes), [UInt8](record.scopeSchemaURL),
                [UInt8](record.message.bytes),
            ]
        }
    }

    private struct Waiting {
        let place: SpanStock.Place
        let flat: Flat
        let traceID: TraceID
    }

    private static func flats(of batch: Batch) -> [Flat] {
        var flats: [Flat] = []
        batch.forEachRecord { flats.append(Flat($0)) }
        return flats
    }

    /// Admits a batch as a stage does.
    private static func admit(_ batch: Batch, to stock: inout SpanStock) -> [Waiting] {
        var waiting: [Waiting] = []
        for part in 0..<batch.partCount {
            let slot = stock.admit(batch, part: part)
            var spans: [SpanOutline] = []
            batch.appendSpans(ofPart: part, to: &spans)
            let records = batch.records(ofPart: part)
            for span in spans {
                let place = SpanStock.Place(slot: slot, position: span.position)
                waiting.append(
                    Waiting(
                        place: place, flat: Flat(records[span.position]), traceID: span.traceID))
            }
        }
        return waiting
    }

    private static func batch(_ source: inout RequestSource, _ seed: UInt64) throws -> Batch {
        var batch = try Batch(validating: Body(source.request()), as: .traces)
        if seed % 3 == 0 { batch = batch.selecting { _ in source.chance(0.7) } }
        if seed % 5 == 0, batch.itemCount > 2 { _ = batch.removeFirst(items: 2) }
        if seed % 7 == 0, batch.itemCount > 2 {
            var front = batch.removeFirst(items: 2)
            front.append(batch)
            return front
        }
        return batch
    }

    @Test(arguments: 0..<400 as Range<UInt64>)
    func `a walk visits all spans of a batch in order`(seed: UInt64) throws {
        var source = RequestSource(.traces, seed: seed)
        let batch = try Self.batch(&source, seed)
        var stock = SpanStock()

        let waiting = Self.admit(batch, to: &stock)

        #expect(waiting.map(\.flat) == Self.flats(of: batch))
        #expect(stock.spanCount == batch.itemCount)
        var ids: [TraceID] = []
        batch.forEachRecord { ids.append($0.traceID ?? TraceID(high: 0, low: 0)) }
        #expect(waiting.map(\.traceID) == ids)
    }

    @Test(arguments: 0..<400 as Range<UInt64>)
    func `spans are taken whole, in order and once, whatever happens around them`(
        seed: UInt64
    ) throws {
        var source = RequestSource(.traces, seed: seed)
        var stock = SpanStock()
        var waiting: [Waiting] = []

        for _ in 0..<12 {
            waiting += Self.admit(try Self.batch(&source, seed), to: &stock)
            let taken = waiting.filter { _ in source.chance(0.2) }
            let released = waiting.filter { _ in source.chance(0.3) }
            let takenFlats = Set(taken.map { [$0.place.slot, $0.place.position] })
            var rest: [Waiting] = []
            for item in waiting where !takenFlats.contains([item.place.slot, item.place.position]) {
                if released.contains(where: {
                    $0.place.slot == item.place.slot && $0.place.position == item.place.position
                }) {
                    stock.release(item.place)
                } else {
                    rest.append(item)
                }
            }
            waiting = rest
            if source.chance(0.5) { stock.compactAll() }
            var batch = Batch(.traces)
            stock.take(
                seed % 2 == 0 ? taken.map(\.place) : taken.map(\.place).reversed(), into: &batch)

            #expect(Self.flats(of: batch) == taken.map(\.flat))
            #expect(batch.itemCount == taken.count)
            #expect(stock.spanCount == waiting.count)
            try Self.checkIndices(of: batch)
        }
        var last = Batch(.traces)
        stock.take(waiting.map(\.place), into: &last)

        #expect(Self.flats(of: last) == waiting.map(\.flat))
        #expect(stock.spanCount == 0)
        #expect(stock.pinnedBytes == 0)
        #expect(stock.wastedBytes == 0)
    }

    /// A derived index is the one that reading the body would give.
    private static func checkIndices(of batch: Batch) throws {
        for part in batch.parts where part.isWhole {
            let again = try Batch(validating: part.index.body, as: .traces)
            #expect(again.parts.first?.index.cellsWithoutHints == part.index.cellsWithoutHints)
            #expect(again.itemCount == part.itemCount)
            #expect(again.resourceCount == part.resourceCount)
        }
        let encoded = try Batch(validating: batch.joined(), as: .traces)
        #expect(encoded.itemCount == batch.itemCount)
    }

    private final class Weak {
        weak var body: Body?
        let cellCount: Int

        init(_ part: BatchPart) {
            body = part.index.body
            cellCount = part.index.cells.capacity
        }
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func `what it says it needs is what it keeps alive`(seed: UInt64) throws {
        var source = RequestSource(.traces, seed: seed)
        var stock = SpanStock()
        var places: [SpanStock.Place] = []
        var bodies: [Weak] = []

        for _ in 0..<40 {
            do {
                let batch = try Batch(validating: Body(source.request()), as: .traces)
                bodies += batch.parts.filter { $0.recordCount > 0 }.map(Weak.init)
                places += Self.admit(batch, to: &stock).map(\.place)
            }
            while places.count > 30 {
                stock.release(places.remove(at: source.number(0...places.count - 1)))
            }
            let alive = bodies.filter { $0.body != nil }
            let needed = alive.reduce(0) { sum, weak in
                sum + (weak.body?.allocatedSize ?? 0) + weak.cellCount * 16 + SpanStock.partOverhead
            }
            #expect(stock.pinnedBytes == needed)
            #expect(stock.wastedBytes <= stock.pinnedBytes)
        }
        stock.compactAll()

        #expect(stock.pinnedBytes > 0)
        for place in places { stock.release(place) }
        #expect(stock.pinnedBytes == 0)
        #expect(bodies.allSatisfy { $0.body == nil })
    }

    @Test func `what is taken does not keep its body alive`() throws {
        weak var body: Body?
        var stock = SpanStock()
        var batch = Batch(.traces)

        do {
            let request = Body(Payloads.traces(spans: 100))
            body = request
            let waiting = Self.admit(
                try Batch(validating: request, as: .traces), to: &stock)
            stock.take(waiting.prefix(10).map(\.place), into: &batch)
            for item in waiting.dropFirst(10) { stock.release(item.place) }
        }

        #expect(body == nil)
        #expect(batch.itemNumbers == Array(0..<10))
        #expect(stock.pinnedBytes == 0)
    }

    @Test func `a body of which nearly all is taken leaves as it is`() throws {
        let request = Body(Payloads.traces(spans: 100))
        var stock = SpanStock()
        let waiting = Self.admit(try Batch(validating: request, as: .traces), to: &stock)
        var batch = Batch(.traces)

        stock.take(waiting.map(\.place), into: &batch)

        #expect(batch.parts.first?.index.body === request)
        #expect(stock.pinnedBytes == 0)
    }

    @Test func `compacting frees a body of which little is left, and places stay valid`() throws {
        weak var body: Body?
        var stock = SpanStock()
        var waiting: [Waiting] = []
        do {
            let request = Body(Payloads.traces(spans: 1000))
            body = request
            waiting = Self.admit(try Batch(validating: request, as: .traces), to: &stock)
        }
        let before = stock.pinnedBytes
        for item in waiting[..<900] { stock.release(item.place) }
        stock.compactAll()
        let after = stock.pinnedBytes
        for item in waiting[900..<980] { stock.release(item.place) }
        stock.compactAll()
        var batch = Batch(.traces)

        stock.take(waiting[980...].map(\.place), into: &batch)

        #expect(body == nil)
        #expect(after * 8 < before)
        #expect(batch.itemNumbers == Array(980..<1000))
        #expect(stock.pinnedBytes == 0)
        #expect(stock.wastedBytes == 0)
    }
}

import OTLP
import Primitives
import TestSupport
import Testing

struct BatchGroupingTests {
    @Test(arguments: Signal.allCases)
    func `records are grouped by an attribute of their resource`(signal: Signal) throws {
        var batch = Batch(signal)
        for service in ["cart", "shop", "cart"] {
            batch.append(try Self.batch(signal, 2, service))
        }

        let groups = batch.grouped(byResourceAttribute: "service.name")

        #expect(groups.map(\.value) == ["cart", "shop"])
        #expect(groups.map(\.batch.itemCount) == [4, 2])
        for group in groups {
            let again = group.batch.grouped(byResourceAttribute: "service.name")
            #expect(again.map(\.value) == [group.value])
            #expect(again.map(\.batch.itemCount) == [group.batch.itemCount])
        }
    }

    @Test(arguments: Signal.allCases)
    func `records without the attribute are a group too`(signal: Signal) throws {
        let batch = try Self.batch(signal, 3, "cart")

        let groups = batch.grouped(byResourceAttribute: "service.nam")

        #expect(groups.map(\.value) == [nil])
        #expect(groups.first.map { [UInt8]($0.batch.encoded()) } == [UInt8](batch.encoded()))
    }

    @Test func `only text counts as a value`() throws {
        let number = Proto().message(1, Proto().text(1, "k").message(2, Proto().varint(3, 7)))
        let text = Proto().attribute(1, "k", "v")
        let span = Proto().message(1, Proto()).message(2, Proto().text(5, "name"))
        let request = [number, text].reduce(Proto()) {
            $0.message(1, Proto().message(1, $1).message(2, span))
        }

        let batch = try Batch(validating: Body(request.bytes), as: .traces)

        #expect(batch.grouped(byResourceAttribute: "k").map(\.value) == [nil, "v"])
    }

    @Test("no record is lost or doubled", arguments: UInt64(0)..<60)
    func completeness(seed: UInt64) throws {
        for signal in Signal.allCases {
            var source = RequestSource(signal, seed: seed)
            var batch = Batch(signal)
            for _ in 0..<3 {
                batch.append(try Batch(validating: Body(source.request()), as: signal))
            }
            // Parts that begin in the middle of a resource.
            _ = batch.removeFirst(items: batch.itemCount / 3)

            let groups = batch.grouped(byResourceAttribute: "service.name")

            #expect(groups.reduce(0) { $0 + $1.batch.itemCount } == batch.itemCount)
            let records = groups.flatMap { FlatRecord.all(in: [UInt8]($0.batch.encoded())) }
            #expect(records.tally == FlatRecord.all(in: [UInt8](batch.encoded())).tally)
        }
    }

    private static func batch(_ signal: Signal, _ count: Int, _ service: String) throws -> Batch {
        let bytes =
            switch signal {
            case .traces: Payloads.traces(spans: count, service: service)
            case .metrics: Payloads.metrics(points: count, service: service)
            case .logs: Payloads.logs(records: count, service: service)
            }
        return try Batch(validating: Body(bytes), as: signal)
    }
}

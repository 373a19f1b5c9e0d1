import OTLP
import Primitives
import TestSupport
import Testing

/// What holds for every batch, tried with requests made from seeds: no record is lost, changed,
/// doubled or moved to another resource or scope, whatever is appended, split and encoded.
struct BatchPropertyTests {
    static let cases = Signal.allCases.flatMap { signal in
        (0..<60).map { seed in (signal: signal, seed: UInt64(seed)) }
    }

    @Test(arguments: cases)
    func `one request is encoded as it arrived`(signal: Signal, seed: UInt64) throws {
        var source = RequestSource(signal, seed: seed)
        let request = source.request()

        let batch = try Batch(validating: Body(request), as: signal)

        #expect([UInt8](batch.encoded()) == request)
        #expect(batch.byteCount == request.count)
        #expect(batch.recordCount == FlatRecord.all(in: request).count)
    }

    @Test(arguments: cases)
    func `requests that are joined keep every record in its surroundings`(
        signal: Signal, seed: UInt64
    ) throws {
        var source = RequestSource(signal, seed: seed)
        var batch = Batch(signal)
        var records: [FlatRecord] = []
        for _ in 0..<source.number(2...6) {
            let request = source.request()
            records += FlatRecord.all(in: request)
            batch.append(try Batch(validating: Body(request), as: signal))
        }

        let encoded = [UInt8](batch.encoded())

        #expect(FlatRecord.all(in: encoded).tally == records.tally)
        #expect(encoded.count <= batch.byteCount)
        let again = try Batch(validating: Body(encoded), as: signal)
        #expect(again.itemCount == batch.itemCount)
        #expect(again.recordCount == batch.recordCount)
        #expect(again.resourceCount <= batch.resourceCount)
        #expect([UInt8](batch.joined().bytes) == encoded)
    }

    @Test(arguments: cases)
    func `a batch split in pieces gives the same items in the same order`(
        signal: Signal, seed: UInt64
    ) throws {
        var source = RequestSource(signal, seed: seed, extras: seed % 3 != 0)
        var batch = Batch(signal)
        for _ in 0..<source.number(1...4) {
            batch.append(try Batch(validating: Body(source.request()), as: signal))
        }
        let whole = items(in: batch)
        let total = batch.itemCount
        let size = source.number(1...9)

        var pieces: [Batch] = []
        while !batch.isEmpty { pieces.append(batch.removeFirst(items: size)) }

        #expect(pieces.dropLast().allSatisfy { $0.itemCount == size })
        #expect(pieces.reduce(0) { $0 + $1.itemCount } == total)
        #expect(pieces.map { items(in: $0).count } == pieces.map(\.itemCount))
        #expect(pieces.flatMap { items(in: $0) }.tally == whole.tally)
        for piece in pieces {
            let encoded = [UInt8](piece.encoded())
            #expect(encoded.count <= piece.byteCount)
            #expect(try Batch(validating: Body(encoded), as: signal).itemCount == piece.itemCount)
        }
    }

    /// Records, or for metrics one a data point with what stands around the points.
    private func items(in batch: Batch) -> [FlatRecord] {
        let records = FlatRecord.all(in: [UInt8](batch.encoded()))
        guard batch.signal == .metrics else { return records }
        return records.flatMap { record in
            let fields = FlatRecord.fields(of: record.record)
            let surroundings = fields.filter { !MetricTag.isPoints($0.tag) }.flatMap(\.bytes)
            return fields.filter { MetricTag.isPoints($0.tag) }.flatMap { points in
                let inner = FlatRecord.fields(of: points.payload)
                let around = inner.filter { $0.tag >> 3 != 1 }.flatMap(\.bytes)
                return inner.filter { $0.tag == MetricPointsTag.dataPoints }.map { point in
                    FlatRecord(
                        resource: record.resource, scope: record.scope,
                        record: surroundings + around + point.payload)
                }
            }
        }
    }
}

extension Array where Element == UInt8 {
    init(_ bytes: RawSpan) {
        self = bytes.withUnsafeBytes { Array($0) }
    }
}

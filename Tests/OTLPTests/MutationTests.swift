import OTLP
import Primitives
import TestSupport
import Testing

/// Requests that were damaged: each is refused, or accepted whole and then passes for good. Nothing
/// traps.
struct MutationTests {
    static let cases = Signal.allCases.flatMap { signal in
        (0..<40).map { seed in (signal: signal, seed: UInt64(seed)) }
    }

    @Test(arguments: cases)
    func `a damaged request is whole or refused`(signal: Signal, seed: UInt64) throws {
        var source = RequestSource(signal, seed: seed)
        let request = source.request(groups: 1...3)
        let other = try Batch(validating: Body(source.request()), as: signal)

        for _ in 0..<60 {
            let damaged = source.damage(request)
            guard let batch = try? Batch(validating: Body(damaged), as: signal) else { continue }
            try use(batch, joinedWith: other)
        }
    }

    @Test(arguments: Signal.allCases)
    func `a request cut anywhere is whole or refused`(signal: Signal) throws {
        var source = RequestSource(signal, seed: 11)
        let request = source.request(groups: 2...2)
        let other = try Batch(validating: Body(source.request()), as: signal)

        for size in 0..<request.count {
            let cut = Array(request[..<size])
            guard let batch = try? Batch(validating: Body(cut), as: signal) else { continue }
            try use(batch, joinedWith: other)
        }
    }

    /// Does with a batch all that is ever done with one.
    private func use(_ batch: Batch, joinedWith other: Batch) throws {
        var joined = batch
        joined.append(other)
        joined.append(batch)
        let items = joined.itemCount
        let encoded = joined.joined()
        #expect(try Batch(validating: encoded, as: batch.signal).itemCount == items)

        var isEven = false
        let half = joined.selecting { _ in
            isEven.toggle()
            return isEven
        }
        #expect(half.recordCount == (joined.recordCount + 1) / 2)
        let halfAgain = try Batch(validating: half.joined(), as: batch.signal)
        #expect(halfAgain.itemCount == half.itemCount)

        var read = 0
        joined.forEachRecord { record in
            var attributes = record.resource.attributes(ResourceTag.attributes)
            while let attribute = attributes.next() { read += attribute.value.bytes.byteCount }
            read += record.traceID == nil || batch.signal == .metrics ? 0 : 1
        }
        let front = joined.removeFirst(items: items / 2)
        #expect(front.itemCount + joined.itemCount == items)
        #expect(front.joined().count <= front.byteCount)
        #expect(joined.joined().count <= joined.byteCount)
    }
}

extension RequestSource {
    /// The request with one to three small things wrong.
    mutating func damage(_ request: [UInt8]) -> [UInt8] {
        var bytes = request
        for _ in 0..<number(1...3) where !bytes.isEmpty {
            let place = number(0...bytes.count - 1)
            switch number(0...4) {
            case 0: bytes[place] ^= 1 << UInt8(number(0...7))
            case 1: bytes[place] = UInt8(number(0...255))
            case 2: bytes.remove(at: place)
            case 3: bytes.insert(UInt8(number(0...255)), at: place)
            default: bytes.removeSubrange(place..<min(place + number(1...20), bytes.count))
            }
        }
        return bytes
    }
}

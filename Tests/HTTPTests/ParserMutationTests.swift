import Primitives
import TestSupport
import Testing

@testable import HTTP

/// Inputs nobody thought of: known requests with bytes changed, dropped, doubled and joined. Goal:
/// the parser never traps, says the same however the bytes are cut, and holds its limits.
struct ParserMutationTests {
    @Test("mutated requests are read or refused, whole or cut", arguments: 0..<40 as Range<UInt64>)
    func requests(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<250 {
            let bytes = mutated(RequestCases.all, &generator)
            let cut = Delivery.random(seed: generator.next())

            let whole = RequestTranscript.of(bytes, .whole, bodyLimit: 1_000)

            #expect(RequestTranscript.of(bytes, cut, bodyLimit: 1_000) == whole, "\(bytes)")
        }
    }

    @Test("mutated requests hold small limits", arguments: 0..<20 as Range<UInt64>)
    func smallLimits(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<250 {
            let bytes = mutated(RequestCases.limits, &generator)

            _ = RequestTranscript.of(
                bytes, .random(seed: generator.next()), limits: RequestCases.smallLimits,
                bodyLimit: 10)
        }
    }

    @Test("mutated responses are read or refused", arguments: 0..<40 as Range<UInt64>)
    func responses(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<250 {
            let bytes = mutated(ResponseCases.all, &generator)
            var parser = ResponseParser()
            var inbox = ByteBuffer(copying: bytes.span.bytes)
            var body = ByteBuffer()

            if let head = try? parser.nextHead(from: &inbox) {
                _ = head.headers.all
                let isAccepted = (try? parser.beginBody(sizeLimit: 1_000)) != nil
                if isAccepted { _ = try? parser.readBody(from: &inbox, into: &body) }
            }

            #expect(body.count <= 1_000)
        }
    }

    private func mutated(
        _ cases: [ParserCase], _ generator: inout SeededGenerator
    ) -> [UInt8] {
        var bytes = cases[Int.random(in: cases.indices, using: &generator)].bytes
        if Bool.random(using: &generator) {
            bytes += cases[Int.random(in: cases.indices, using: &generator)].bytes
        }
        for _ in 0..<Int.random(in: 0...4, using: &generator) where !bytes.isEmpty {
            let place = Int.random(in: bytes.indices, using: &generator)
            switch UInt8.random(in: 0...4, using: &generator) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
            case 1: bytes.remove(at: place)
            case 2: bytes.insert(bytes[place], at: place)
            case 3: bytes.insert([13, 10, 0, 32, 58, 59, 44][place % 7], at: place)
            default: bytes.removeSubrange(place..<min(bytes.count, place + 5))
            }
        }
        return bytes
    }
}

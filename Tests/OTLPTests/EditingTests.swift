import Primitives
import TestSupport
import Testing

@testable import OTLP

/// What rewriting makes of generated requests: the records that were meant, and an index that is
/// the one that reading the result would give.
struct EditingTests {
    static let cases = Signal.allCases.flatMap { signal in
        (0..<120).map { seed in (signal: signal, seed: UInt64(seed)) }
    }

    @Test(arguments: cases)
    func `whatever is changed, records and index are what they should be`(
        signal: Signal, seed: UInt64
    ) throws {
        var source = RequestSource(signal, seed: seed)
        var batch = try Batch(validating: Body(source.request()), as: signal)
        if seed % 3 == 0 { batch = batch.selecting { _ in source.chance(0.7) } }
        if seed % 5 == 0, signal != .metrics, batch.itemCount > 2 {
            _ = batch.removeFirst(items: 2)
        }
        var whim = Whim(signal, seed: seed, patience: Int(seed % 10), flats(of: batch))

        let result = try batch.rewriting(with: &whim, removingEmptyGroups: seed % 2 == 0)

        #expect(flats(of: result).flatMap(\.self) == whim.expected.flatMap(\.self))
        #expect(result.recordCount == whim.expected.reduce(0) { $0 + $1.count })
        for part in result.parts
        where part.isWhole && part.index.body !== batch.parts.first?.index.body {
            let again = try Batch(validating: part.index.body, as: signal)
            #expect(again.parts.first?.index.cellsWithoutHints == part.index.cellsWithoutHints)
            #expect(again.itemCount == part.itemCount)
            #expect(again.resourceCount == part.resourceCount)
            #expect(again.byteCount == part.byteCount)
        }
        let encoded = try Batch(validating: result.joined(), as: signal)
        #expect(encoded.itemCount == result.itemCount)
    }

    /// A record with all that stands around it.
    fileprivate struct Flat: Equatable {
        var resource: [UInt8]
        var scope: [UInt8]
        var urls: [[UInt8]]
        var record: [UInt8]
        var resourcePosition: Int
        var scopePosition: Int

        init(_ record: borrowing Record) {
            resource = [UInt8](record.resource.bytes)
            scope = [UInt8](record.scope.bytes)
            urls = [[UInt8](record.resourceSchemaURL), [UInt8](record.scopeSchemaURL)]
            self.record = [UInt8](record.message.bytes)
            resourcePosition = record.resourcePosition
            scopePosition = record.scopePosition
        }

        static func == (left: Flat, right: Flat) -> Bool {
            left.resource == right.resource && left.scope == right.scope
                && left.urls == right.urls && left.record == right.record
        }
    }

    /// The records of each scope.
    private func flats(of batch: Batch) -> [[Flat]] {
        var groups: [[Flat]] = []
        batch.forEachRecord { record in
            let flat = Flat(record)
            if groups.last?.last?.scopePosition == flat.scopePosition {
                groups[groups.count - 1].append(flat)
            } else {
                groups.append([flat])
            }
        }
        return groups
    }

    /// Does anything to anything, and notes what should become of it.
    private struct Whim: Rewriter {
        private let signal: Signal
        private var random: SeededGenerator
        /// Out of ten, how often something is left alone.
        private let patience: Int
        /// The records of each scope, those of scopes that were left as they should be.
        var expected: [[Flat]]
        private var nextScope = 0
        private var resourceScopes = 0..<0
        private var lists = ListEditor()

        init(_ signal: Signal, seed: UInt64, patience: Int, _ groups: [[Flat]]) {
            self.signal = signal
            self.patience = patience
            expected = groups
            random = SeededGenerator(seed: seed)
        }

        private mutating func roll(_ count: Int) -> Int {
            let isLeft = Int.random(in: 0..<10, using: &random) < patience
            return isLeft ? 0 : Int.random(in: 0..<count, using: &random)
        }

        mutating func enterResource(
            _ resource: borrowing Message, schemaURL: RawSpan
        ) -> GroupVisit {
            let position = expected[nextScope][0].resourcePosition
            let end = expected[nextScope...].firstIndex {
                $0.first.map { $0.resourcePosition != position } ?? false
            }
            resourceScopes = nextScope..<(end ?? expected.count)
            #expect([UInt8](resource.bytes) == expected[nextScope][0].resource)
            switch roll(8) {
            case 6:
                nextScope = resourceScopes.upperBound
                return .keep
            case 7:
                for scope in resourceScopes { expected[scope] = [] }
                nextScope = resourceScopes.upperBound
                return .remove
            default: return .visit
            }
        }

        mutating func enterScope(
            _ scope: borrowing Message, schemaURL: RawSpan,
            of resource: borrowing Message, resourceSchemaURL: RawSpan
        ) -> GroupVisit {
            nextScope += 1
            records = expected[nextScope - 1]
            #expect([UInt8](scope.bytes) == records[0].scope)
            #expect([UInt8](schemaURL) == records[0].urls[1])
            switch roll(8) {
            case 6: return .keep
            case 7:
                expected[nextScope - 1] = []
                return .remove
            default:
                expected[nextScope - 1] = []
                return .visit
            }
        }

        /// Records of the scope that is visited, as they came.
        private var records: [Flat] = []

        mutating func rewriteRecord(
            _ record: borrowing Record, into output: inout ByteBuffer
        ) -> Rewriting {
            let start = output.count
            var flat = Flat(record)
            let rewriting = change(record, into: &output)
            if rewriting == .replace || rewriting == .amend {
                flat.record = Array([UInt8](output)[start...])
            }
            if rewriting != .remove { expected[nextScope - 1].append(flat) }
            return rewriting
        }

        private mutating func change(
            _ record: borrowing Record, into output: inout ByteBuffer
        ) -> Rewriting {
            switch roll(4) {
            case 1:
                output.appendField(900 << 3 | 2, string: String(repeating: "x", count: roll(300)))
                output.append(record.message.bytes)
                return .replace
            case 2:
                lists.edit(record.message, signal, drops: roll(2) == 1, into: &output)
                return .amend
            case 3: return .remove
            default:
                output.append("not meant")
                return .keep
            }
        }

        mutating func leaveScope(
            _ scope: borrowing Message, into output: inout ByteBuffer
        ) -> Rewriting {
            let scopes = nextScope - 1..<nextScope
            let (rewriting, bytes) = subject(scope, into: &output)
            if let bytes { setSubject(of: scopes, \.scope, bytes) }
            return rewriting
        }

        mutating func leaveResource(
            _ resource: borrowing Message, into output: inout ByteBuffer
        ) -> Rewriting {
            let (rewriting, bytes) = subject(resource, into: &output)
            if let bytes { setSubject(of: resourceScopes, \.resource, bytes) }
            return rewriting
        }

        private mutating func setSubject(
            of scopes: Range<Int>, _ path: WritableKeyPath<Flat, [UInt8]>, _ bytes: [UInt8]
        ) {
            for scope in scopes {
                for index in expected[scope].indices {
                    expected[scope][index][keyPath: path] = bytes
                }
            }
        }

        private mutating func subject(
            _ message: borrowing Message, into output: inout ByteBuffer
        ) -> (Rewriting, [UInt8]?) {
            let start = output.count
            switch roll(5) {
            case 1:
                output.append(message.bytes)
                output.appendField(901 << 3 | 2, string: String(repeating: "z", count: roll(200)))
                return (.replace, Array([UInt8](output)[start...]))
            case 2: return (.remove, [])
            default: return (.keep, nil)
            }
        }
    }
}

/// Changes attributes with a list that is made once. A class, so that a test's rewriter can be a
/// value that is copied.
private final class ListEditor {
    private var list = AttributeList()

    func edit(
        _ message: borrowing Message, _ signal: Signal, drops: Bool,
        into output: inout ByteBuffer
    ) {
        let tag =
            switch signal {
            case .traces: SpanTag.attributes
            case .metrics: MetricTag.metadata
            case .logs: LogRecordTag.attributes
            }
        list.load(message, tag)
        for index in 0..<list.endIndex where drops && index % 2 == 0 { list.remove(index) }
        let start = list.values.count
        list.values.appendValue(string: "a new value")
        list.append(Array("new".utf8).span.bytes, valueFrom: start)
        list.write(message, tag, into: &output)
    }
}

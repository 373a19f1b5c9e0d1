import OTLP
import Primitives
import Testing

/// Rewriting, with the sizes around what has changed.
struct BatchRewritingTests {
    /// Lets everything be.
    private struct Nothing: Rewriter {}

    /// Says of every span only that it has been here, and drops every third.
    private struct Stamp: Rewriter {
        var seen = 0

        mutating func rewriteRecord(
            _ record: borrowing Record, into output: inout ByteBuffer
        ) -> Rewriting {
            seen += 1
            switch seen % 3 {
            case 0: return .remove
            case 1:
                output.append(record.message.bytes)
                output.appendField(SpanTag.traceState, string: "seen=\(seen)")
                return .replace
            default:
                output.append("what a rewriter that then keeps may have written")
                return .keep
            }
        }
    }

    /// Puts a new resource in the place of each, however large, and takes the scopes away.
    private struct Rename: Rewriter {
        let name: String

        mutating func leaveResource(
            _ resource: borrowing Message, into output: inout ByteBuffer
        ) -> Rewriting {
            output.appendAttribute(ResourceTag.attributes, "service.name") {
                $0.appendField(AnyValueTag.string, string: name)
            }
            return .replace
        }

        mutating func leaveScope(
            _ scope: borrowing Message, into output: inout ByteBuffer
        ) -> Rewriting { .remove }
    }

    private struct RemoveAll: Rewriter {
        mutating func rewriteRecord(
            _ record: borrowing Record, into output: inout ByteBuffer
        ) -> Rewriting { .remove }
    }

    private func batch(seed: UInt64) throws -> Batch {
        var source = RequestSource(.traces, seed: seed)
        var batch = try Batch(validating: Body(source.request(groups: 1...3)), as: .traces)
        batch.append(try Batch(validating: Body(source.request(groups: 1...3)), as: .traces))
        return batch
    }

    @Test(arguments: 0..<30 as Range<UInt64>)
    func `what is kept is not copied`(seed: UInt64) throws {
        let batch = try batch(seed: seed)
        var nothing = Nothing()

        let result = try batch.rewriting(with: &nothing)

        #expect([UInt8](result.encoded()) == [UInt8](batch.encoded()))
        #expect(result.byteCount == batch.byteCount)
    }

    @Test(arguments: 0..<30 as Range<UInt64>)
    func `records are replaced and removed, others stay`(seed: UInt64) throws {
        let batch = try batch(seed: seed)
        var stamp = Stamp()

        let result = try batch.rewriting(with: &stamp)

        let before = records(of: batch)
        let expected = before.enumerated().compactMap { index, record -> [UInt8]? in
            switch index % 3 {
            case 0: return record + Array("\u{1a}".utf8) + text("seen=\(index + 1)")
            case 1: return record
            default: return nil
            }
        }
        #expect(stamp.seen == before.count)
        #expect(records(of: result) == expected)
    }

    @Test(arguments: [1, 100, 127, 128, 20_000])
    func `a resource of another size is fitted in`(size: Int) throws {
        let batch = try batch(seed: 4)
        let name = String(repeating: "x", count: size)
        var rename = Rename(name: name)

        let result = try batch.rewriting(with: &rename)

        #expect(result.itemCount == batch.itemCount)
        #expect(records(of: result).tally == records(of: batch).tally)
        var names: Set<Int> = []
        var scopes = 0
        result.forEachRecord { record in
            scopes += record.scope.range.count
            let key = Array("service.name".utf8)
            if let value = record.resource.attribute(key.span.bytes, in: ResourceTag.attributes) {
                names.insert(value.bytes.byteCount)
            }
        }
        #expect(names == [size])
        #expect(scopes == 0)
    }

    @Test func `groups that lose all records vanish`() throws {
        let batch = try batch(seed: 4)
        var removeAll = RemoveAll()

        let result = try batch.rewriting(with: &removeAll)

        #expect(result.isEmpty)
        #expect(result.resourceCount == 0)
    }

    private func records(of batch: Batch) -> [[UInt8]] {
        var records: [[UInt8]] = []
        batch.forEachRecord { records.append([UInt8]($0.message.bytes)) }
        return records
    }

    private func text(_ string: String) -> [UInt8] {
        [UInt8(string.utf8.count)] + Array(string.utf8)
    }
}

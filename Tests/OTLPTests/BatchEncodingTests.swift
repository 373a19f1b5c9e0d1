import OTLP
import Primitives
import Testing

/// Which groups become one, byte by byte, and what is copied.
struct BatchEncodingTests {
    private func field(_ number: UInt32, _ payload: [UInt8]) -> [UInt8] {
        var buffer = ByteBuffer()
        buffer.appendField(number << 3 | 2, bytes: payload.span.bytes)
        return Array(buffer)
    }

    /// A resource with one attribute whose key is the text.
    private func resource(_ text: String) -> [UInt8] {
        field(1, field(1, field(1, Array(text.utf8))))
    }

    private func scope(_ text: String) -> [UInt8] {
        field(1, field(1, Array(text.utf8)))
    }

    private func span(_ name: String) -> [UInt8] {
        field(2, field(5, Array(name.utf8)))
    }

    private func joined(_ requests: [UInt8]...) throws -> Batch {
        var batch = Batch(.traces)
        for request in requests {
            batch.append(try Batch(validating: Body(request), as: .traces))
        }
        return batch
    }

    @Test func `the same resource and scope in two requests are written once`() throws {
        let batch = try joined(
            field(1, resource("shop") + field(2, scope("http") + span("a") + span("b"))),
            field(1, resource("shop") + field(2, scope("http") + span("c"))))

        let encoded = [UInt8](batch.encoded())

        let spans = span("a") + span("b") + span("c")
        #expect(encoded == field(1, resource("shop") + field(2, scope("http") + spans)))
    }

    @Test func `scopes that differ stay apart under one resource`() throws {
        let url = field(3, Array("u".utf8))
        let batch = try joined(
            field(1, resource("shop") + field(2, scope("http") + span("a"))),
            field(1, resource("shop") + field(2, scope("db") + span("b"))),
            field(1, resource("shop") + field(2, scope("http") + span("c") + url)),
            field(1, resource("shop") + field(2, scope("http") + span("d"))))

        let encoded = [UInt8](batch.encoded())

        #expect(
            encoded
                == field(
                    1,
                    resource("shop") + field(2, scope("http") + span("a") + span("d"))
                        + field(2, scope("db") + span("b"))
                        + field(2, scope("http") + span("c") + url)))
    }

    @Test func `resources that differ in anything stay apart`() throws {
        let groups = [
            field(1, resource("shop") + field(2, span("a"))),
            field(1, resource("shoq") + field(2, span("b"))),
            field(1, resource("shop") + field(2, span("c")) + field(3, Array("u".utf8))),
            field(1, field(1, []) + field(2, span("d"))),
            field(1, field(2, span("e"))),
        ]

        let encoded = [UInt8](
            try joined(groups[0], groups[1], groups[2], groups[3], groups[4]).encoded())

        #expect(encoded == groups.flatMap { $0 })
    }

    @Test func `a group with fields of a later version is not merged`() throws {
        let plain = field(1, resource("shop") + field(2, span("a")))
        let later = field(1, resource("shop") + field(2, span("b")) + field(9, [1]))
        let laterScope = field(1, resource("shop") + field(2, span("c") + field(9, [1])))
        let unknown = field(7, [1, 2, 3])

        let encoded = [UInt8](try joined(plain + unknown, later, laterScope).encoded())

        #expect(
            encoded
                == field(
                    1, resource("shop") + field(2, span("a")) + field(2, span("c") + field(9, [1])))
                + unknown + later)
    }

    @Test func `long runs are sent from where they arrived, short ones in one piece`() throws {
        let long = (0..<200).flatMap { span("a long name of span number \($0)") }
        let first = Body(field(1, resource("shop") + field(2, long)))
        let second = Body(field(1, resource("shop") + field(2, span("short") + long)))
        var batch = try Batch(validating: first, as: .traces)
        batch.append(try Batch(validating: second, as: .traces))

        let chain = batch.encoded()

        #expect(chain.links.count == 3)
        #expect(chain.links[1].body === first && chain.links[1].range.count == long.count)
        #expect(chain.links[2].body === second)
    }

    @Test func `a thousand requests of one span become one piece`() throws {
        var batch = Batch(.traces)
        for number in 0..<1_000 {
            let request = field(1, resource("\(number % 7)") + field(2, span("\(number)")))
            batch.append(try Batch(validating: Body(request), as: .traces))
        }

        let chain = batch.encoded()

        #expect(chain.links.count == 1)
        let again = try Batch(validating: batch.joined(), as: .traces)
        #expect(again.resourceCount == 7)
        #expect(again.itemCount == 1_000)
    }

    @Test func `a selection keeps order and drops what has become empty`() throws {
        let batch = try joined(
            field(1, resource("x") + field(2, scope("1") + span("a") + span("b")))
                + field(1, resource("y") + field(2, scope("2") + span("c")))
                + field(1, resource("z") + field(2, span("d")) + field(2, scope("3") + span("e"))))
        let wanted: Set<[UInt8]> = [Array("b".utf8), Array("e".utf8)]

        let selection = batch.selecting { span in
            guard let name = span.message.payload(SpanTag.name) else { return false }
            return wanted.contains([UInt8](name))
        }

        #expect(selection.itemCount == 2)
        #expect(selection.resourceCount == 2)
        #expect(
            [UInt8](selection.encoded())
                == field(1, resource("x") + field(2, scope("1") + span("b")))
                + field(1, resource("z") + field(2, scope("3") + span("e"))))
        #expect([UInt8](batch.selecting { _ in true }.encoded()) == [UInt8](batch.encoded()))
        #expect(batch.selecting { _ in false }.encoded().count == 0)
    }

    @Test func `both halves of a metric keep all that is around the points`() throws {
        let point = { (number: UInt8) in
            self.field(1, [0x31] + [UInt8](repeating: number, count: 8))
        }
        let name = field(1, Array("m".utf8))
        let metadata = field(12, field(1, Array("k".utf8)))
        let temporality: [UInt8] = [0x10, 0x02]
        let unknown = field(99, [7])
        func metric(_ points: [UInt8]) -> [UInt8] {
            field(2, name + field(7, points + temporality) + metadata + unknown)
        }
        func request(_ points: [UInt8]) -> [UInt8] {
            field(1, resource("x") + field(2, scope("s") + metric(points)))
        }
        var rest = try Batch(
            validating: Body(request(point(1) + point(2) + point(3))), as: .metrics)

        let front = rest.removeFirst(items: 2)

        #expect([UInt8](front.encoded()) == request(point(1) + point(2)))
        #expect([UInt8](rest.encoded()) == request(point(3)))
        #expect(front.itemCount == 2 && rest.itemCount == 1)
        #expect(front.recordCount == 1 && rest.recordCount == 1)
    }

    @Test func `a split takes groups whole until it has enough`() throws {
        var rest = try joined(
            field(1, resource("x") + field(2, scope("1") + span("a") + span("b"))),
            field(1, resource("y") + field(2, scope("2") + span("c") + span("d") + span("e"))))

        let front = rest.removeFirst(items: 3)

        #expect(
            [UInt8](front.encoded())
                == field(1, resource("x") + field(2, scope("1") + span("a") + span("b")))
                + field(1, resource("y") + field(2, scope("2") + span("c"))))
        #expect(
            [UInt8](rest.encoded())
                == field(1, resource("y") + field(2, scope("2") + span("d") + span("e"))))
        #expect(front.resourceCount == 2 && rest.resourceCount == 1)
    }

    @Test func `the size of groups in padded forms is not underestimated`() throws {
        // Five spans whose tag and size take two bytes each where one would do. Found by mutation:
        // what was left of a split was said to be five bytes smaller than its encoded form.
        let padded: [UInt8] = [0x92, 0x00, 0x80, 0x00]
        let spans = (0..<5).flatMap { _ in padded }
        var rest = try joined(
            field(1, resource("x") + field(2, span("a")) + field(2, scope("s") + spans)))

        let front = rest.removeFirst(items: 1)

        #expect(front.encoded().count <= front.byteCount)
        #expect(rest.encoded().count <= rest.byteCount)
        #expect(
            [UInt8](rest.encoded()) == field(1, resource("x") + field(2, scope("s") + spans)))
    }

    @Test func `taking nothing and taking all`() throws {
        var batch = try joined(field(1, resource("x") + field(2, span("a"))))
        let whole = [UInt8](batch.encoded())

        let nothing = batch.removeFirst(items: 0)
        let all = batch.removeFirst(items: 5)

        #expect(nothing.isEmpty && nothing.encoded().count == 0)
        #expect([UInt8](all.encoded()) == whole)
        #expect(batch.isEmpty && batch.byteCount == 0 && batch.resourceCount == 0)
    }
}

import Primitives
import TestSupport
import Testing

struct ByteBufferTests {
    @Test func `what is appended in pieces reads back as one`() {
        var buffer = ByteBuffer()
        for byte in UInt8.min...UInt8.max { buffer.append(byte) }
        buffer.append("é, martlet")

        buffer.removeFirst(256)

        #expect(text(buffer) == "é, martlet")
        #expect(buffer.count == 11)
    }

    @Test(arguments: [0, 95, 96, 100, 5_000])
    func `any range of bytes is appended, however much there is behind it`(room: Int) {
        let source = (0..<140).map { UInt8($0) }
        for lower in [0, 1, 17, 100] {
            for upper in lower...140 {
                var buffer = ByteBuffer(capacity: room)
                buffer.append("<")
                buffer.append(source.span.bytes, lower..<upper)
                buffer.append(">")

                let expected = Array("<".utf8) + source[lower..<upper] + Array(">".utf8)
                #expect(buffer.withUnsafeBytes(Array.init) == expected)
            }
        }
    }

    @Test(arguments: [0, 7, 8, 100])
    func `the first bytes of a word are appended`(room: Int) {
        for count in 0...8 {
            var buffer = ByteBuffer(capacity: room)
            buffer.append(0x0807_0605_0403_0201, bytes: count)
            buffer.append(0xff)

            #expect(buffer.withUnsafeBytes(Array.init) == (0..<count).map { UInt8($0 + 1) } + [255])
        }
    }

    @Test(arguments: 0...70)
    func `bytes are the same if none of them differs`(size: Int) {
        let bytes = (0..<size).map { UInt8($0 * 3) }
        let (same, longer) = (bytes, bytes + [0])

        let isSame = bytes.span.bytes.hasSameBytes(as: same.span.bytes)
        let isSameAsLonger = bytes.span.bytes.hasSameBytes(as: longer.span.bytes)

        #expect(isSame && !isSameAsLonger)
        for index in bytes.indices {
            var other = bytes
            other[index] ^= 0x80
            let isSame = bytes.span.bytes.hasSameBytes(as: other.span.bytes)
            #expect(!isSame, "byte \(index)")
        }
    }

    @Test func `removing from the front makes room without growing`() {
        var buffer = ByteBuffer(capacity: 64)
        for round in 0..<1_000 {
            buffer.append(UInt8(truncatingIfNeeded: round))
            if buffer.count > 32 { buffer.removeFirst(buffer.count - 1) }
        }

        #expect(buffer.capacity == 64)
    }

    @Test func `a frozen buffer holds exactly the readable bytes`() {
        var buffer = ByteBuffer(capacity: 1_000)
        buffer.append("drop me. keep me.")
        buffer.removeFirst(9)

        let body = buffer.freeze()

        #expect(body.count == 8)
        #expect(text(ByteBuffer(copying: body.bytes)) == "keep me.")
    }

    @Test func `an empty buffer freezes to an empty body`() {
        let body = ByteBuffer().freeze()

        #expect(body.count == 0)
        #expect(body.bytes.byteCount == 0)
    }

    @Test func `a chain joins its ranges in order`() {
        let body = Body(Array("0123456789".utf8))
        var chain = ByteChain()
        chain.append(body, 7..<10)
        chain.append(body, 3..<3)
        chain.append(body, 0..<2)

        #expect(chain.links.count == 2)
        #expect(chain.count == 5)
        #expect(text(chain.joined()) == "78901")
    }

    private func text(_ buffer: borrowing ByteBuffer) -> String {
        buffer.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }
}

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

import Primitives

/// Bytes as lower-case hexadecimal digits.
package enum Hexadecimal {
    package static func text(_ bytes: UnsafeRawBufferPointer) -> String {
        String(unsafeUninitializedCapacity: bytes.count * 2) { write(bytes, to: $0) }
    }

    package static func text(_ bytes: RawSpan) -> String { bytes.withUnsafeBytes(text) }

    package static func append(_ bytes: UnsafeRawBufferPointer, to output: inout ByteBuffer) {
        _ = output.appendUninitialized(room: bytes.count * 2) {
            write(bytes, to: $0.assumingMemoryBound(to: UInt8.self))
        }
    }

    private static func write(
        _ bytes: UnsafeRawBufferPointer, to digits: UnsafeMutableBufferPointer<UInt8>
    ) -> Int {
        for (index, byte) in bytes.enumerated() {
            digits[2 * index] = digit(byte >> 4)
            digits[2 * index + 1] = digit(byte & 15)
        }
        return bytes.count * 2
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}

/// Protobuf written by hand, independent of the code under test.
package struct Proto {
    package private(set) var bytes: [UInt8] = []

    package init() {}

    /// What was encoded elsewhere.
    package init(raw bytes: [UInt8]) { self.bytes = bytes }

    package func varint(_ field: Int, _ value: UInt64) -> Proto {
        adding(Self.encoded(UInt64(field) << 3) + Self.encoded(value))
    }

    package func fixed64(_ field: Int, _ value: UInt64) -> Proto {
        adding(Self.encoded(UInt64(field) << 3 | 1) + Self.littleEndian(value, 8))
    }

    package func fixed32(_ field: Int, _ value: UInt32) -> Proto {
        adding(Self.encoded(UInt64(field) << 3 | 5) + Self.littleEndian(UInt64(value), 4))
    }

    package func bytes(_ field: Int, _ value: [UInt8]) -> Proto {
        adding(
            Self.encoded(UInt64(field) << 3 | 2) + Self.encoded(UInt64(value.count)) + value)
    }

    package func text(_ field: Int, _ value: String) -> Proto {
        bytes(field, Array(value.utf8))
    }

    package func message(_ field: Int, _ value: Proto) -> Proto {
        bytes(field, value.bytes)
    }

    package func messages(_ field: Int, _ values: [Proto]) -> Proto {
        values.reduce(self) { $0.message(field, $1) }
    }

    /// A `KeyValue` with a string, in `field`.
    package func attribute(_ field: Int, _ key: String, _ value: String) -> Proto {
        message(field, Proto().text(1, key).message(2, Proto().text(1, value)))
    }

    private func adding(_ more: [UInt8]) -> Proto {
        var result = self
        result.bytes += more
        return result
    }

    private static func encoded(_ value: UInt64) -> [UInt8] {
        var rest = value
        var bytes: [UInt8] = []
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(truncatingIfNeeded: rest)]
    }

    private static func littleEndian(_ value: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64($0 * 8)) }
    }
}

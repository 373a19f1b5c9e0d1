import Compression
import OTLP
import Primitives

/// `format`: what a batch looks like in a file.
enum FileFormat: String, CaseIterable {
    case json, proto
}

/// `compression` of a file.
enum FileCompression: String, CaseIterable {
    case none, zstd, gzip
}

/// Turns batches into frames, the units that are written whole.
///
/// | | json | proto |
/// | --- | --- | --- |
/// | none | one line | size, message |
/// | gzip | a gzip member that holds one line | a gzip member that holds size, message |
/// | zstd | size, zstd frame | size, zstd frame |
///
/// Sizes have four bytes and are big-endian. The rows none and zstd are otelcol's; gzip is ours,
/// and decompresses to what none would have written.
struct FileFraming: ~Copyable {
    /// Memory kept between batches.
    private static let keptCapacity = 4 << 20

    private let format: FileFormat
    private let compression: FileCompression
    private let compressor: Compressor
    private var plain = ByteBuffer()

    init(_ format: FileFormat, _ compression: FileCompression) {
        self.format = format
        self.compression = compression
        compressor = Compressor(compression.coding)
    }

    /// How the end of a frame is found again in such a file.
    var end: FrameEnd {
        switch (format, compression) {
        case (_, .gzip): .unknown
        case (.json, .none): .newline
        case (.proto, .none), (_, .zstd): .sizeBefore
        }
    }

    /// Replaces what `frame` holds by the frame of a batch. `false` if its size does not fit into
    /// four bytes.
    mutating func make(_ frame: inout ByteBuffer, of batch: Batch) -> Bool {
        frame.removeAll(keepingCapacityUpTo: Self.keptCapacity)
        switch compression {
        case .none:
            return Self.appendPlain(batch, format, to: &frame)
        case .gzip:
            plain.removeAll(keepingCapacityUpTo: Self.keptCapacity)
            guard Self.appendPlain(batch, format, to: &plain) else { return false }
            compressor.compress(plain.bytes, into: &frame)
            return true
        case .zstd:
            plain.removeAll(keepingCapacityUpTo: Self.keptCapacity)
            Self.appendPayload(of: batch, format, to: &plain)
            return Self.appendSized(to: &frame) { frame in
                compressor.compress(plain.bytes, into: &frame)
            }
        }
    }

    /// A line, or a message behind its size.
    private static func appendPlain(
        _ batch: Batch, _ format: FileFormat, to buffer: inout ByteBuffer
    ) -> Bool {
        switch format {
        case .json:
            appendPayload(of: batch, format, to: &buffer)
            buffer.append(UInt8(ascii: "\n"))
            return true
        case .proto:
            return appendSized(to: &buffer) { appendPayload(of: batch, format, to: &$0) }
        }
    }

    private static func appendPayload(
        of batch: Batch, _ format: FileFormat, to buffer: inout ByteBuffer
    ) {
        switch format {
        case .json:
            batch.appendJSON(to: &buffer)
        case .proto:
            for link in batch.encoded().links {
                link.body.withUnsafeBytes {
                    buffer.append(contentsOf: UnsafeRawBufferPointer(rebasing: $0[link.range]))
                }
            }
        }
    }

    /// What `fill` appends, behind its size. The size is written last, when it is known.
    private static func appendSized(
        to buffer: inout ByteBuffer, _ fill: (inout ByteBuffer) -> Void
    ) -> Bool {
        let start = buffer.count
        for _ in 0..<4 { buffer.append(0) }
        fill(&buffer)
        guard let size = UInt32(exactly: buffer.count - start - 4) else { return false }
        buffer.withUnsafeMutableBytes {
            $0.storeBytes(of: size.bigEndian, toByteOffset: start, as: UInt32.self)
        }
        return true
    }
}

extension FileCompression {
    fileprivate var coding: ContentCoding {
        switch self {
        case .none: .identity
        case .gzip: .gzip
        case .zstd: .zstd
        }
    }
}

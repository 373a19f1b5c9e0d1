import Glibc

/// How the end of a frame is recognised in a file, to know whether it is safe to append.
enum FrameEnd: Sendable {
    /// JSON lines: a frame ends with a newline.
    case newline
    /// Each frame follows its size, in four bytes, big-endian.
    case sizeBefore
    /// gzip members: only decompressing all of them would tell.
    case unknown

    /// What stands at the end of a file.
    enum State: Equatable {
        case whole
        case unfinishedLine
        /// From this offset on no frame can be found.
        case unreadable(from: Int)
    }

    /// Reads as little as possible: the last byte, or the size of each frame.
    func state(of path: String, size: Int) throws(FileError) -> State {
        if case .unknown = self { return .whole }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(path, .inspect) }
        defer { close(descriptor) }
        if case .newline = self {
            let last = Self.bytes(of: descriptor, 1, at: size - 1)
            return last == UInt32(UInt8(ascii: "\n")) ? .whole : .unfinishedLine
        }
        return Self.walk(descriptor, size: size)
    }

    private static func walk(_ descriptor: Int32, size: Int) -> State {
        var offset = 0
        while offset < size {
            guard let frameSize = bytes(of: descriptor, 4, at: offset),
                Int(frameSize) <= size - offset - 4
            else { return .unreadable(from: offset) }
            offset += 4 + Int(frameSize)
        }
        return .whole
    }

    /// Up to four bytes as a big-endian number, or `nil` if the file ends before.
    private static func bytes(of descriptor: Int32, _ count: Int, at offset: Int) -> UInt32? {
        var number: UInt32 = 0
        let read = withUnsafeMutableBytes(of: &number) { bytes in
            pread(descriptor, bytes.baseAddress, count, off_t(offset))
        }
        guard read == count else { return nil }
        return UInt32(bigEndian: number) >> UInt32(8 * (4 - count))
    }
}

import Glibc

/// `rotation`: when a file is full, what it is called then, and which full files may go.
///
/// Values and meaning are otelcol's (lumberjack): age counts from the moment of rotation, and
/// decides what is removed, not when a file is full.
struct Rotation: Equatable, Sendable {
    /// A file that would grow beyond this is renamed first. A frame that is larger on its own gets
    /// a file of its own, because losing it would be worse.
    var sizeLimit = 100 << 20
    /// Full files older than this are removed; 0 keeps them for ever.
    var ageLimitDays = 0
    /// How many full files stay; 0 means all.
    var backupLimit = 100
    /// Whether names of full files carry local time instead of UTC.
    var usesLocalTime = false

    func isDue(size: Int, adding count: Int) -> Bool {
        size > 0 && size + count > sizeLimit
    }

    /// The full files that are too many or too old, newest first.
    func expired(among names: [String], _ naming: BackupNaming, at now: WallTime) -> [String] {
        let backups = names.compactMap { name in
            naming.time(of: name).map { (name: name, time: $0) }
        }
        let newestFirst = backups.sorted { $0.time > $1.time }
        let oldest = now.milliseconds - ageLimitDays * 86_400_000
        return newestFirst.enumerated().filter { index, backup in
            backupLimit > 0 && index >= backupLimit
                || ageLimitDays > 0 && backup.time.milliseconds < oldest
        }.map(\.element.name)
    }
}

/// A moment on the calendar, in milliseconds since 1970. Only names of files depend on it.
struct WallTime: Comparable, Sendable {
    var milliseconds: Int

    static func now() -> WallTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return WallTime(milliseconds: time.tv_sec * 1_000 + time.tv_nsec / 1_000_000)
    }

    static func < (left: WallTime, right: WallTime) -> Bool {
        left.milliseconds < right.milliseconds
    }
}

/// What a full file is called: `<base>-2006-01-02T15-04-05.000<ext>`, next to the one written.
struct BackupNaming: Equatable, Sendable {
    /// The file's name without extension, and its extension with the dot.
    private let base: String
    private let ext: String
    private let usesLocalTime: Bool

    init(fileName: String, usesLocalTime: Bool) {
        let dot = fileName.lastIndex(of: ".") ?? fileName.endIndex
        base = String(fileName[..<dot])
        ext = String(fileName[dot...])
        self.usesLocalTime = usesLocalTime
    }

    func name(at time: WallTime) -> String {
        var seconds = time.milliseconds / 1_000
        var parts = tm()
        if usesLocalTime { localtime_r(&seconds, &parts) } else { gmtime_r(&seconds, &parts) }
        let date = [Int(parts.tm_year) + 1_900, Int(parts.tm_mon) + 1, Int(parts.tm_mday)]
        let clock = [parts.tm_hour, parts.tm_min, parts.tm_sec].map { Int($0) }
        let dateText = date.map { Self.padded($0, 2) }.joined(separator: "-")
        let clockText = clock.map { Self.padded($0, 2) }.joined(separator: "-")
        return "\(base)-\(dateText)T\(clockText).\(Self.padded(time.milliseconds % 1_000, 3))\(ext)"
    }

    /// When a file of this name was rotated, or `nil` if it is some other file.
    func time(of name: String) -> WallTime? {
        guard name.hasPrefix("\(base)-"), name.hasSuffix(ext) else { return nil }
        let stamp = Array(name.utf8.dropFirst(base.utf8.count + 1).dropLast(ext.utf8.count))
        guard stamp.count == Self.pattern.count else { return nil }
        var numbers: [Int] = [0]
        for (byte, expected) in zip(stamp, Self.pattern) {
            if expected != UInt8(ascii: "0") {
                guard byte == expected else { return nil }
                numbers.append(0)
            } else {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
                numbers[numbers.count - 1] = numbers[numbers.count - 1] * 10 + Int(byte & 0x0f)
            }
        }
        return time(numbers)
    }

    private static let pattern = Array("0000-00-00T00-00-00.000".utf8)

    /// The moment of year, month, day, hour, minute, second and millisecond.
    private func time(_ numbers: [Int]) -> WallTime {
        var parts = tm()
        parts.tm_year = Int32(truncatingIfNeeded: numbers[0] - 1_900)
        parts.tm_mon = Int32(truncatingIfNeeded: numbers[1] - 1)
        parts.tm_mday = Int32(truncatingIfNeeded: numbers[2])
        parts.tm_hour = Int32(truncatingIfNeeded: numbers[3])
        parts.tm_min = Int32(truncatingIfNeeded: numbers[4])
        parts.tm_sec = Int32(truncatingIfNeeded: numbers[5])
        // mktime(3): -1 lets the time zone's rules decide about daylight saving.
        parts.tm_isdst = -1
        let seconds = usesLocalTime ? mktime(&parts) : timegm(&parts)
        return WallTime(milliseconds: seconds * 1_000 + numbers[6])
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

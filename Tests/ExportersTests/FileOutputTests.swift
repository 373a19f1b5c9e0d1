import ComponentTesting
import Glibc
import Testing

@testable import Exporters

struct FileOutputTests {
    private let folder: TemporaryFolder
    private let log = RecordedLog()

    init() throws {
        folder = try TemporaryFolder()
    }

    private func file(
        _ name: String = "t.json", _ change: (inout OutputFile.Options) -> Void = { _ in }
    ) -> OutputFile {
        var options = OutputFile.Options()
        options.wallTime = { WallTime(milliseconds: 1_769_862_896_007) }
        change(&options)
        return OutputFile(folder.pathOf(name), options, log.logger)
    }

    @Test func `frames are appended to what an earlier run wrote`() throws {
        folder.write("one\n", to: "t.json")

        let file = file()
        try file.open()
        try file.append("two\n")

        #expect(folder.text(of: "t.json") == "one\ntwo\n")
        #expect(log.lines == [])
    }

    @Test func `a new file can be read by all and written by its owner`() throws {
        let previous = umask(0)
        defer { umask(previous) }

        try file().open()

        #expect(folder.permissions(of: "t.json") == 0o644)
    }

    @Test func `without append the file begins empty`() throws {
        folder.write("one\n", to: "t.json")

        let file = file { $0.appends = false }
        try file.open()
        try file.append("two\n")

        #expect(folder.text(of: "t.json") == "two\n")
    }

    @Test func `without append but with rotation the old file becomes a backup`() throws {
        folder.write("one\n", to: "t.json")

        let file = file {
            $0.appends = false
            $0.rotation = Rotation()
        }
        try file.open()
        try file.append("two\n")

        #expect(folder.names == ["t-2026-01-31T12-34-56.007.json", "t.json"])
        #expect(folder.text(of: "t-2026-01-31T12-34-56.007.json") == "one\n")
        #expect(folder.text(of: "t.json") == "two\n")
    }

    @Test func `half a line of an earlier run does not spoil the first line of this one`() throws {
        folder.write("one\n{\"half", to: "t.json")

        let file = file()
        try file.open()
        try file.append("two\n")
        try file.append("three\n")

        #expect(folder.text(of: "t.json") == "one\n{\"half\ntwo\nthree\n")
        #expect(
            log.lines == [
                """
                warning the file ended in an unfinished line; it was closed with a newline \
                path=\(folder.pathOf("t.json"))
                """
            ])
    }

    @Test func `a file of whole frames is continued`() throws {
        folder.write([0, 0, 0, 2, 7, 7, 0, 0, 0, 0], to: "t.pb")

        let file = file("t.pb") { $0.framing = .sizeBefore }
        try file.open()
        try file.append([0, 0, 0, 1, 9])

        #expect(folder.bytes(of: "t.pb") == [0, 0, 0, 2, 7, 7, 0, 0, 0, 0, 0, 0, 0, 1, 9])
    }

    @Test(
        "a file that ends in half a frame is set aside, not continued and not cut",
        arguments: [[UInt8]]([
            [0, 0, 0, 2, 7, 7, 0, 0, 0, 3, 1], [0, 0], [0, 0, 0, 1], Array("{}\n{}\n".utf8),
        ]))
    func halfAFrame(bytes: [UInt8]) throws {
        folder.write(bytes, to: "t.pb")

        let file = file("t.pb") { $0.framing = .sizeBefore }
        try file.open()
        try file.append([0, 0, 0, 1, 9])

        #expect(folder.names == ["t-2026-01-31T12-34-56.007.pb", "t.pb"])
        #expect(folder.bytes(of: "t-2026-01-31T12-34-56.007.pb") == bytes)
        #expect(folder.bytes(of: "t.pb") == [0, 0, 0, 1, 9])
    }

    @Test func `a full file is renamed, and the frame goes to a new one`() throws {
        let file = file { $0.rotation = Rotation(sizeLimit: 10) }
        try file.open()
        for text in ["aaaa\n", "bbbb\n", "cccc\n", "dddd\n", "larger than a file\n", "e\n"] {
            try file.append(text)
        }

        // Backups of the same millisecond get different names.
        let stamp = "t-2026-01-31T12-34-56"
        #expect(folder.text(of: "\(stamp).007.json") == "aaaa\nbbbb\n")
        #expect(folder.text(of: "\(stamp).008.json") == "cccc\ndddd\n")
        #expect(folder.text(of: "\(stamp).009.json") == "larger than a file\n")
        #expect(folder.text(of: "t.json") == "e\n")
    }

    @Test func `only as many backups stay as the configuration says`() throws {
        folder.write("not ours", to: "t-other.json")
        let file = file { $0.rotation = Rotation(sizeLimit: 1, backupLimit: 2) }
        try file.open()
        for text in ["a\n", "b\n", "c\n", "d\n"] { try file.append(text) }

        let stamp = "t-2026-01-31T12-34-56"
        #expect(
            folder.names == ["\(stamp).008.json", "\(stamp).009.json", "t-other.json", "t.json"])
        #expect(folder.text(of: "\(stamp).009.json") == "c\n")
    }

    @Test func `backups that are too old are removed at the start`() throws {
        folder.write("old", to: "t-2026-01-28T12-00-00.000.json")
        folder.write("young", to: "t-2026-01-30T12-00-00.000.json")
        folder.write("now\n", to: "t.json")

        try file { $0.rotation = Rotation(ageLimitDays: 2) }.open()

        #expect(folder.names == ["t-2026-01-30T12-00-00.000.json", "t.json"])
    }

    @Test func `a folder that does not exist is an error that says what to do`() throws {
        let error = #expect(throws: FileError.self) { try file("no/t.json").open() }

        #expect(
            error?.description == """
                '\(folder.pathOf("no/t.json"))' could not be opened: its folder does not exist; \
                create it or set create_directory: true
                """)
    }

    @Test func `folders are made with the permissions that were asked for`() throws {
        let previous = umask(0)
        defer { umask(previous) }

        try file("a/b/t.json") { $0.directoryPermissions = 0o750 }.open()

        #expect(folder.permissions(of: "a") == 0o750)
        #expect(folder.permissions(of: "a/b") == 0o750)
    }

    @Test func `a file has one writer`() throws {
        let first = file()
        try first.open()

        let error = #expect(throws: FileError.self) { try file().open() }

        #expect(
            error?.description == """
                '\(folder.pathOf("t.json"))' could not be locked: another exporter or process \
                writes to it; give each its own file
                """)
        first.close()
        try file().open()
    }

    @Test func `a file that another program moves or removes is begun anew`() throws {
        let file = file()
        try file.open()
        try file.append("one\n")
        rename(folder.pathOf("t.json"), folder.pathOf("t.json.1"))
        try file.append("two\n")
        unlink(folder.pathOf("t.json"))
        try file.append("three\n")

        #expect(folder.text(of: "t.json.1") == "one\n")
        #expect(folder.text(of: "t.json") == "three\n")
    }

    @Test func `a file that another program empties is continued from its start`() throws {
        let file = file { $0.rotation = Rotation(sizeLimit: 10) }
        try file.open()
        try file.append("12345678\n")
        truncate(folder.pathOf("t.json"), 0)
        try file.append("abcdefgh\n")

        #expect(folder.names == ["t.json"])
        #expect(folder.text(of: "t.json") == "abcdefgh\n")
    }

    // RLIMIT_FSIZE makes the kernel take a part of a write and refuse the rest, as a full disk
    // does. It holds for the whole process, so it is set where no other test's file gets: above
    // a hole of 1 GiB.
    @Test func `a write that the disk takes only in part leaves no half line`() throws {
        let hole = 1 << 30
        folder.write("", to: "t.json")
        truncate(folder.pathOf("t.json"), hole)
        let file = file { $0.framing = .unknown }
        try file.open()
        try file.append("one\n")

        let error = withFileSizeLimit(hole + 10) {
            #expect(throws: FileError.self) { try file.append("a line of 26 characters..\n") }
        }
        let between = folder.text(of: "t.json", from: hole)
        try file.append("two\n")

        #expect(error == FileError(folder.pathOf("t.json"), .write, errno: EFBIG))
        #expect(between == "one\n")
        #expect(folder.text(of: "t.json", from: hole) == "one\ntwo\n")
    }

    @Test func `a full device is an error that names it`() throws {
        let file = OutputFile("/dev/full", OutputFile.Options(), log.logger)
        try file.open()

        let error = #expect(throws: FileError.self) { try file.append("one\n") }

        #expect(
            error?.description == "'/dev/full' could not be written: no space is left on the disk")
    }

    @Test func `frames can be taken back`() throws {
        let file = file()
        try file.open()
        try file.append("one\n")
        let mark = try file.append("two\n")
        file.undo(to: mark)
        try file.append("three\n")

        #expect(folder.text(of: "t.json") == "one\nthree\n")
    }

    @Test("every way of syncing writes", arguments: Syncing.allCases)
    func syncing(syncing: Syncing) throws {
        let file = file { $0.syncing = syncing }
        try file.open()
        try file.append("one\n")
        try file.syncIfNeeded()
        file.close()

        #expect(folder.text(of: "t.json") == "one\n")
    }
}

extension OutputFile {
    @discardableResult
    func append(_ text: String) throws(FileError) -> Mark {
        try append(Array(text.utf8))
    }

    @discardableResult
    func append(_ bytes: [UInt8]) throws(FileError) -> Mark {
        try bytes.span.bytes.withUnsafeBytes { bytes throws(FileError) in try append(bytes) }
    }
}

/// Lets no file of this process grow beyond `size` bytes while `body` runs.
private func withFileSizeLimit<Result>(_ size: Int, _ body: () -> Result) -> Result {
    let resource = __rlimit_resource_t(RLIMIT_FSIZE.rawValue)
    var previous = rlimit()
    getrlimit(resource, &previous)
    var limited = rlimit(rlim_cur: rlim_t(size), rlim_max: previous.rlim_max)
    setrlimit(resource, &limited)
    defer { setrlimit(resource, &previous) }
    return body()
}

import Testing

@testable import Exporters

struct FileRotationTests {
    /// 2026-01-31T12:34:56.007Z
    private let noon = WallTime(milliseconds: 1_769_862_896_007)

    @Test func `a full file is named after the moment of rotation, in UTC`() {
        let naming = BackupNaming(fileName: "traces.json", usesLocalTime: false)

        #expect(naming.name(at: noon) == "traces-2026-01-31T12-34-56.007.json")
        #expect(naming.time(of: "traces-2026-01-31T12-34-56.007.json") == noon)
    }

    @Test("the last dot begins the extension, as in otelcol")
    func extensions() {
        let double = BackupNaming(fileName: "t.json.gz", usesLocalTime: false)
        let none = BackupNaming(fileName: "traces", usesLocalTime: false)

        #expect(double.name(at: noon) == "t.json-2026-01-31T12-34-56.007.gz")
        #expect(none.name(at: noon) == "traces-2026-01-31T12-34-56.007")
        #expect(none.time(of: "traces-2026-01-31T12-34-56.007") == noon)
    }

    @Test func `local time reads back as the same moment`() {
        let naming = BackupNaming(fileName: "traces.json", usesLocalTime: true)

        #expect(naming.time(of: naming.name(at: noon)) == noon)
    }

    @Test(
        "other files are not taken for rotated ones",
        arguments: [
            "traces.json", "traces-.json", "traces-2026-01-31.json",
            "traces-2026-01-31T12-34-56.007.json.gz", "other-2026-01-31T12-34-56.007.json",
            "traces-2026-01-31T12:34:56.007.json", "traces-2026-01-31T12-34-5x.007.json",
            "traces-errors-2026-01-31T12-34-56.007.json", "traces-",
        ])
    func otherFiles(name: String) {
        let naming = BackupNaming(fileName: "traces.json", usesLocalTime: false)

        #expect(naming.time(of: name) == nil)
    }

    @Test func `a file is full when the next frame would exceed the limit`() {
        let rotation = Rotation(sizeLimit: 100)

        #expect(!rotation.isDue(size: 60, adding: 40))
        #expect(rotation.isDue(size: 60, adding: 41))
        #expect(!rotation.isDue(size: 0, adding: 1_000))
    }

    @Test func `the oldest files beyond the number to keep are removed`() {
        let naming = BackupNaming(fileName: "t.json", usesLocalTime: false)
        let names = [0, 2, 1, 3].map { naming.name(at: noon.advanced(days: $0)) } + ["t.json"]
        let rotation = Rotation(backupLimit: 2)

        let expired = rotation.expired(among: names, naming, at: noon.advanced(days: 400))

        #expect(expired == [1, 0].map { naming.name(at: noon.advanced(days: $0)) })
    }

    @Test func `files older than the days to keep are removed`() {
        let naming = BackupNaming(fileName: "t.json", usesLocalTime: false)
        let names = (0..<5).map { naming.name(at: noon.advanced(days: $0)) }
        let rotation = Rotation(ageLimitDays: 2, backupLimit: 0)

        let expired = rotation.expired(among: names, naming, at: noon.advanced(days: 4))

        #expect(expired == [1, 0].map { naming.name(at: noon.advanced(days: $0)) })
    }

    @Test func `without limits nothing is removed`() {
        let naming = BackupNaming(fileName: "t.json", usesLocalTime: false)
        let names = (0..<200).map { naming.name(at: noon.advanced(days: $0)) }
        let rotation = Rotation(ageLimitDays: 0, backupLimit: 0)

        #expect(rotation.expired(among: names, naming, at: noon.advanced(days: 9_999)) == [])
    }
}

extension WallTime {
    func advanced(days: Int) -> WallTime {
        WallTime(milliseconds: milliseconds + days * 86_400_000)
    }
}

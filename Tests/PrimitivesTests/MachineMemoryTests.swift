import Foundation
import Primitives
import Testing

struct MachineMemoryTests {
    /// The system's files as the test wants them.
    private struct System: ~Copyable {
        let root = FileManager.default.temporaryDirectory
            .appending(path: "martlet-\(UInt64.random(in: 0 ... .max))").path

        init(_ files: [String: String]) throws {
            for (path, text) in files {
                let url = URL(filePath: root + path)
                try FileManager.default.createDirectory(
                    at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
                try text.write(to: url, atomically: false, encoding: .utf8)
            }
        }

        deinit { try? FileManager.default.removeItem(atPath: root) }

        var limit: Int? { MachineMemory.limit(root: root) }
    }

    private static let physical = MachineMemory.limit(root: "/nowhere") ?? 0

    @Test func `without a control group it is the machine's memory`() throws {
        let system = try System([:])

        #expect(system.limit == Self.physical)
        #expect(Self.physical > 1 << 20)
    }

    @Test func `the tightest group above the process counts`() throws {
        let system = try System([
            "/proc/self/cgroup": "0::/a/b\n",
            "/sys/fs/cgroup/a/b/memory.max": "max\n",
            "/sys/fs/cgroup/a/memory.max": "268435456\n",
            "/sys/fs/cgroup/memory.max": "536870912\n",
        ])

        #expect(system.limit == 268_435_456)
    }

    @Test func `version 1 has other names, and a number for no limit`() throws {
        let system = try System([
            "/proc/self/cgroup": "9:cpu:/x\n4:memory:/docker/7\n",
            "/sys/fs/cgroup/memory/docker/7/memory.limit_in_bytes": "9223372036854771712\n",
            "/sys/fs/cgroup/memory/memory.limit_in_bytes": "104857600\n",
        ])

        #expect(system.limit == 104_857_600)
    }

    @Test func `a group that is not visible from within is found at the root`() throws {
        let system = try System([
            "/proc/self/cgroup": "0::/kubepods/pod1/x\n",
            "/sys/fs/cgroup/memory.max": "134217728\n",
        ])

        #expect(system.limit == 134_217_728)
    }
}

import Glibc

/// The memory that the process may use: what the machine has, or less if its control group says so.
package enum MachineMemory {
    /// In bytes; `nil` if the system does not say.
    ///
    /// Of the groups that the process is in, the tightest limit counts. In a container the path of
    /// the group may not be visible from within; then the limit stands at the root of the mount.
    /// (cgroups(7); kernel.org, "Control Group v2", memory.max; v1: memory.limit_in_bytes)
    ///
    /// - Parameter root: Where the system's files are; another folder in tests.
    package static func limit(root: String = "") -> Int? {
        let pages = sysconf(Int32(_SC_PHYS_PAGES))
        let physical = pages > 0 ? pages * sysconf(Int32(_SC_PAGESIZE)) : nil
        let groups = groupLimits(root)
        return (groups + [physical].compactMap { $0 }).min()
    }

    private static func groupLimits(_ root: String) -> [Int] {
        guard let groups = contents(of: "\(root)/proc/self/cgroup") else { return [] }
        return groups.split(separator: "\n").flatMap { line -> [Int] in
            // `0::/path` for version 2, `7:cpu,memory:/path` for version 1.
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { return [] }
            if fields[0] == "0" && fields[1].isEmpty {
                return limits("\(root)/sys/fs/cgroup", fields[2], "memory.max")
            }
            guard fields[1].split(separator: ",").contains("memory") else { return [] }
            return limits("\(root)/sys/fs/cgroup/memory", fields[2], "memory.limit_in_bytes")
        }
    }

    /// The limits of a group and of all that it is in.
    private static func limits(_ mount: String, _ path: Substring, _ file: String) -> [Int] {
        var names = path.split(separator: "/")
        var limits: [Int] = []
        while true {
            let folder = names.isEmpty ? mount : "\(mount)/\(names.joined(separator: "/"))"
            if let text = contents(of: "\(folder)/\(file)"), let limit = number(text) {
                limits.append(limit)
            }
            if names.isEmpty { return limits }
            names.removeLast()
        }
    }

    /// A number; `max`, or version 1's number for it, is no limit.
    private static func number(_ text: String) -> Int? {
        Int(text.prefix { $0.isNumber }).flatMap { $0 >= 1 << 62 ? nil : $0 }
    }

    private static func contents(of path: String) -> String? {
        guard let file = fopen(path, "re") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }
}

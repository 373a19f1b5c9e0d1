import Glibc
import Primitives

/// What the kernel says about this process. (getrusage(2), proc(5))
package struct ProcessMetrics: Sendable {
    private let start: Instant

    package init(start: Instant) {
        self.start = start
    }

    package func append(to text: inout PrometheusText, at now: Instant) {
        text.append(
            "otelcol_process_uptime", .counter, "Seconds since the start.",
            [.init([], Double((now - start).clampedNanoseconds) / 1e9)])
        text.append(
            "otelcol_process_cpu_seconds", .counter, "CPU time, user and system.",
            [.init([], cpuSeconds)])
        text.append(
            "otelcol_process_memory_rss", .gauge, "Resident memory in bytes.",
            [.init([], residentSize)])
    }

    private var cpuSeconds: Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        let micros = Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec)
        return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + micros / 1e6
    }

    /// In bytes; 0 if it cannot be read.
    package var residentSize: Int { sizes.resident }

    /// What is resident and belongs to this process alone, without pages of files; in bytes.
    package var privateSize: Int { max(0, sizes.resident - sizes.shared) }

    /// The second and third number of /proc/self/statm, which are in pages.
    private var sizes: (resident: Int, shared: Int) {
        guard let file = fopen("/proc/self/statm", "re") else { return (0, 0) }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 128)
        guard fgets(&line, Int32(line.count), file) != nil else { return (0, 0) }
        let numbers = line.split(separator: 0x20, maxSplits: 3).map {
            $0.reduce(0) { (0x30...0x39).contains($1) ? $0 * 10 + Int($1) - 0x30 : $0 }
        }
        let pageSize = Int(sysconf(Int32(_SC_PAGESIZE)))
        guard numbers.count > 2 else { return (0, 0) }
        return (numbers[1] * pageSize, numbers[2] * pageSize)
    }
}

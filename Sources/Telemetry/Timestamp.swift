import Glibc

extension LogOutput {
    /// RFC 3339, UTC: `2026-01-31T12:00:00.007Z`, without the fraction if there is none to tell.
    package static func timestamp(_ seconds: Int, milliseconds: Int? = nil) -> String {
        var seconds = seconds
        var parts = tm()
        gmtime_r(&seconds, &parts)
        let date = [Int(parts.tm_year) + 1900, Int(parts.tm_mon) + 1, Int(parts.tm_mday)]
        let time = [parts.tm_hour, parts.tm_min, parts.tm_sec].map { padded(Int($0), 2) }
        let day = "\(date[0])-\(padded(date[1], 2))-\(padded(date[2], 2))"
        let fraction = milliseconds.map { "." + padded($0, 3) } ?? ""
        return "\(day)T\(time.joined(separator: ":"))\(fraction)Z"
    }

    private static func padded(_ value: Int, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

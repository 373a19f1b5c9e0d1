/// The trace state of W3C Trace Context, as OpenTelemetry's Go library reads it.
/// (w3.org/TR/trace-context, "tracestate Header")
enum TraceState {
    private static let memberLimit = 32

    private typealias Member = (key: ArraySlice<UInt8>, value: ArraySlice<UInt8>)

    /// What a vendor wrote: empty if it is not in the list, nothing if the list is malformed.
    static func value(of vendor: [UInt8], in state: [UInt8]) -> Value {
        guard let members = members(of: state) else { return .none }
        let found = members.first { $0.key.elementsEqual(vendor) }
        return .string(.own(found.map { Array($0.value) } ?? []))
    }

    /// The list with what a vendor writes in front; `nil` if it or the list would be malformed.
    static func inserting(_ vendor: [UInt8], _ value: [UInt8], in state: [UInt8]) -> [UInt8]? {
        guard isKey(vendor[...]), isValue(value[...]), var members = members(of: state) else {
            return nil
        }
        let isKnown = members.contains { $0.key.elementsEqual(vendor) }
        if !isKnown, members.count >= memberLimit { members.removeLast() }
        var result = vendor + Array("=".utf8) + value
        for member in members where !member.key.elementsEqual(vendor) {
            result += Array(",".utf8) + member.key + Array("=".utf8) + member.value
        }
        return result
    }

    private static func members(of state: [UInt8]) -> [Member]? {
        var members: [Member] = []
        for part in state.split(separator: UInt8(ascii: ",")) {
            let member = trimmed(part)
            if member.isEmpty { continue }
            guard let equal = member.firstIndex(of: UInt8(ascii: "=")) else { return nil }
            let key = member[..<equal]
            let value = member[(equal + 1)...]
            guard isKey(key), isValue(value), members.count < memberLimit,
                !members.contains(where: { $0.key.elementsEqual(key) })
            else { return nil }
            members.append((key, value))
        }
        return members
    }

    private static func trimmed(_ part: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
        var rest = part.drop(while: isBlank)
        while let last = rest.last, isBlank(last) { rest.removeLast() }
        return rest
    }

    /// `simple`, or `tenant@system`.
    private static func isKey(_ key: ArraySlice<UInt8>) -> Bool {
        let parts = key.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
        let isSimple = { (part: ArraySlice<UInt8>, limit: Int, mayStartWithDigit: Bool) in
            guard let first = part.first, part.count <= limit, part.allSatisfy(isKeyByte) else {
                return false
            }
            return (0x61...0x7a).contains(first)
                || mayStartWithDigit && (0x30...0x39).contains(first)
        }
        switch parts.count {
        case 1: return isSimple(parts[0], 256, false)
        case 2: return isSimple(parts[0], 241, true) && isSimple(parts[1], 14, false)
        default: return false
        }
    }

    private static func isKeyByte(_ byte: UInt8) -> Bool {
        (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte)
            || "_-*/".utf8.contains(byte)
    }

    private static func isValue(_ value: ArraySlice<UInt8>) -> Bool {
        (1...256).contains(value.count)
            && value.allSatisfy { (0x20...0x7e).contains($0) && $0 != 0x2c && $0 != 0x3d }
            && value.last != 0x20
    }
}

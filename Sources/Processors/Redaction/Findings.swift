import OTLP
import Primitives

/// What redaction did to a key.
enum FindingKind: Int, CaseIterable, Sendable {
    case redacted, masked, allowed, ignored

    /// What the attributes of the summary begin with, for the attributes and for a body.
    private static let prefixes = ["redaction.", "redaction.body."]

    private var word: String {
        switch self {
        case .redacted: "redacted"
        case .masked: "masked"
        case .allowed: "allowed"
        case .ignored: "ignored"
        }
    }

    /// The attribute that lists keys; none for ignored ones.
    func listKey(ofBody isOfBody: Bool) -> [UInt8]? {
        self == .ignored ? nil : Array("\(Self.prefixes[isOfBody ? 1 : 0])\(word).keys".utf8)
    }

    func countKey(ofBody isOfBody: Bool) -> [UInt8] {
        Array("\(Self.prefixes[isOfBody ? 1 : 0])\(word).count".utf8)
    }

    /// All keys that summaries have, which are always allowed.
    var allKeys: [String] {
        [false, true].flatMap { isOfBody in
            [countKey(ofBody: isOfBody)] + (listKey(ofBody: isOfBody).map { [$0] } ?? [])
        }.map { String(decoding: $0, as: UTF8.self) }
    }
}

/// What redaction did to the attributes of one message, or to one body.
struct Findings {
    let summary: RedactionRules.Summary
    let isOfBody: Bool
    private var counts: [Int64] = [0, 0, 0, 0]
    /// Only with `debug`, and not more than `keySizeLimit` of them.
    private var keys: [[[UInt8]]] = [[], [], [], []]
    private var keySize = 0

    /// Bytes of keys that are listed for one message. Paths within a body repeat what is around
    /// them, so a body can have far more bytes of them than it has itself.
    static let keySizeLimit = 1 << 16

    init(_ summary: RedactionRules.Summary, ofBody isOfBody: Bool) {
        self.summary = summary
        self.isOfBody = isOfBody
    }

    mutating func removeAll() {
        if summary == .silent { return }
        for index in counts.indices where counts[index] > 0 {
            counts[index] = 0
            keys[index].removeAll()
        }
        keySize = 0
    }

    mutating func note(_ kind: FindingKind, _ key: RawSpan) {
        if summary == .silent { return }
        counts[kind.rawValue] &+= 1
        guard summary == .debug, keySize &+ key.byteCount <= Self.keySizeLimit else { return }
        keySize &+= key.byteCount
        keys[kind.rawValue].append(key.withUnsafeBytes { Array($0) })
    }

    mutating func note(_ kind: FindingKind, _ key: borrowing ByteBuffer) {
        note(kind, key.bytes)
    }

    /// Adds the summary to attributes, on top of one that they have already.
    func write(to list: inout AttributeList, of message: borrowing Message) {
        if summary == .silent { return }
        for kind in FindingKind.allCases where counts[kind.rawValue] > 0 {
            if summary == .debug, let listKey = kind.listKey(ofBody: isOfBody) {
                write(keys[kind.rawValue], listKey, to: &list, of: message)
            }
            let countKey = kind.countKey(ofBody: isOfBody)
            let before = list.index(of: countKey.span.bytes, in: message).flatMap {
                list.value(at: $0, in: message).int
            }
            let start = list.values.count
            list.values.appendValue(int: counts[kind.rawValue] &+ (before ?? 0))
            list.put(countKey.span.bytes, valueFrom: start, in: message)
        }
    }

    private func write(
        _ keys: [[UInt8]], _ listKey: [UInt8], to list: inout AttributeList,
        of message: borrowing Message
    ) {
        var all = keys
        if let index = list.index(of: listKey.span.bytes, in: message) {
            let value = list.value(at: index, in: message)
            let text = value.kind == .string ? value.bytes.withUnsafeBytes { Array($0) } : []
            if !text.isEmpty {
                let parts = text.split(
                    separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
                all += parts.map(Array.init)
            }
        }
        all.sort { $0.lexicographicallyPrecedes($1) }
        let joined = Array(all.joined(separator: [UInt8(ascii: ",")]))
        list.put(listKey.span.bytes, string: joined.span.bytes, in: message)
    }
}

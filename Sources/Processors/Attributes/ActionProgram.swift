import OTLP
import Pipeline
import Primitives
import RegularExpressions

/// A list of actions on attributes, made ready to be run on one record after the other.
///
/// Keys and values lie in one piece of memory, and a step is a plain value that points there, so
/// that running them counts no references.
struct ActionProgram: Sendable {
    private(set) var constants: [UInt8] = []
    private(set) var steps: [Step] = []
    private(set) var patterns: [Pattern] = []
    /// The keys that the groups of patterns become, one after the other; 0 groups are none.
    private(set) var groupKeys: [Slice] = []

    /// What is taken from the sender of a request, and the step that it is the value of.
    private var senderValues: [(step: Int, value: SenderValue)] = []

    /// Of the keys that are looked for; all if some are known by a pattern alone.
    private(set) var keySizes = KeySizes()

    /// A range of `constants`.
    struct Slice: Sendable {
        var start: UInt32 = 0
        var end: UInt32 = 0

        @inline(__always)
        var range: Range<Int> { Int(start)..<Int(end) }
    }

    /// One action.
    struct Step: Sendable {
        var kind: AttributeAction.Kind
        var key: Slice?
        /// An attribute to take the value from, of the same record.
        var source: Slice?
        /// The content of an `AnyValue`: what is written if there is no source.
        var value: Slice?
        var pattern: Int?
        /// The first of the pattern's groups in `groupKeys`.
        var firstGroup = 0
        var target = AttributeAction.Target.string
    }

    init(_ actions: [AttributeAction]) {
        for action in actions { add(action) }
        noteKeySizes()
    }

    var senderUse: SenderUse { senderValues.map(\.value.use).max() ?? .nothing }

    /// Writes what is known of a sender into the steps that want it; where nothing is, their
    /// default stays.
    mutating func resolve(for sender: Sender) {
        for (step, value) in senderValues {
            guard let text = value.text(of: sender) else { continue }
            steps[step].value = add(.string(Array(text.utf8)))
        }
    }

    private mutating func noteKeySizes() {
        for slice in steps.compactMap(\.key) + steps.compactMap(\.source) + groupKeys {
            keySizes.insert(slice.range.count)
        }
        let hasKeyPattern = steps.contains { $0.pattern != nil && $0.kind != .extract }
        if hasKeyPattern { keySizes = .all }
    }

    private mutating func add(_ action: AttributeAction) {
        var step = Step(kind: action.kind, target: action.target)
        step.key = action.key.map { add($0) }
        step.source = action.source.map { add($0) }
        step.value = action.value.map { add($0) }
        if let value = action.senderValue { senderValues.append((steps.count, value)) }
        if let pattern = action.pattern {
            step.pattern = patterns.count
            step.firstGroup = groupKeys.count
            patterns.append(pattern)
            for name in pattern.groupNames.dropFirst() { groupKeys.append(add(name ?? "")) }
        }
        steps.append(step)
    }

    private mutating func add(_ value: ConfiguredValue) -> Slice {
        var encoded = ByteBuffer()
        value.write(to: &encoded)
        return add(encoded.withUnsafeBytes(Array.init))
    }

    private mutating func add(_ text: String) -> Slice { add(Array(text.utf8)) }

    private mutating func add(_ bytes: [UInt8]) -> Slice {
        let start = UInt32(truncatingIfNeeded: constants.count)
        constants.append(contentsOf: bytes)
        return Slice(start: start, end: UInt32(truncatingIfNeeded: constants.count))
    }
}

extension ConfiguredValue {
    /// Appends the content of an `AnyValue`. Goes as deep as the configuration does.
    func write(to buffer: inout ByteBuffer) {
        switch self {
        case .empty: break
        case .string(let text): buffer.appendValue(string: text.span.bytes)
        case .bool(let value): buffer.appendValue(bool: value)
        case .int(let value): buffer.appendValue(int: value)
        case .double(let value): buffer.appendValue(double: value)
        case .list(let items):
            let mark = buffer.open(AnyValueTag.array)
            for item in items {
                let element = buffer.open(ListTag.values)
                item.write(to: &buffer)
                buffer.close(element)
            }
            buffer.close(mark)
        case .map(let entries):
            let mark = buffer.open(AnyValueTag.keyValueList)
            for entry in entries {
                var value = ByteBuffer()
                entry.value.write(to: &value)
                buffer.appendAttribute(
                    ListTag.values, key: entry.key.span.bytes, value: value.bytes)
            }
            buffer.close(mark)
        }
    }
}

import Hashing
import OTLP
import Primitives

/// Runs actions on the attributes of one message after the other.
///
/// Made for one batch: what it allocates is used for all records of it.
struct AttributeEditor: ~Copyable, PartRewriter {
    private let program: ActionProgram
    private let digest: Digest?
    private var list: AttributeList
    private var scratch = ByteBuffer()

    /// - Parameter digest: SHA-256; `nil` if no action hashes.
    init(_ program: ActionProgram, digest: Digest?) {
        self.program = program
        self.digest = digest
        list = AttributeList(constants: program.constants)
    }

    /// Appends the message with its attributes changed, unless none of them does.
    mutating func edit(
        _ message: borrowing Message, _ tag: UInt32, into output: inout ByteBuffer
    ) -> Rewriting {
        list.load(message, tag, keysOf: program.keySizes)
        for index in program.steps.indices {
            Self.run(program, program.steps[index], &list, message, &scratch, digest)
        }
        guard list.isChanged else { return .keep }
        list.write(message, tag, into: &output)
        return .amend
    }

    mutating func rewritePart(
        _ part: borrowing Message, of kind: UInt32, into output: inout ByteBuffer
    ) -> Rewriting {
        edit(part, MetricTag.pointAttributes(kind), into: &output)
    }

    /// A static function, so that the program can be read while the list changes.
    private static func run(
        _ program: borrowing ActionProgram, _ step: ActionProgram.Step,
        _ list: inout AttributeList, _ message: borrowing Message, _ scratch: inout ByteBuffer,
        _ digest: Digest?
    ) {
        switch step.kind {
        case .insert, .update, .upsert: write(program, step, &list, message)
        case .delete: delete(program, step, &list, message)
        case .hash: hash(program, step, &list, message, &scratch, digest)
        case .extract: extract(program, step, &list, message, &scratch)
        case .convert:
            guard let index = find(program, step.key, list, message) else { return }
            list.convert(index, to: step.target, in: message, &scratch)
        }
    }

    private static func find(
        _ program: borrowing ActionProgram, _ key: ActionProgram.Slice?,
        _ list: borrowing AttributeList, _ message: borrowing Message
    ) -> Int? {
        guard let key else { return nil }
        return list.index(of: program.constants.span.bytes.extracting(key.range), in: message)
    }

    private static func write(
        _ program: borrowing ActionProgram, _ step: ActionProgram.Step,
        _ list: inout AttributeList, _ message: borrowing Message
    ) {
        let source = find(program, step.source, list, message)
        if source == nil && step.value == nil { return }
        let target = find(program, step.key, list, message)
        if target == nil ? step.kind == .update : step.kind == .insert { return }
        let key = step.key?.range ?? 0..<0
        let value = step.value?.range ?? 0..<0
        switch (target, source) {
        case (let target?, let source?): list.set(target, valueOf: source)
        case (let target?, nil): list.set(target, constant: value)
        case (nil, let source?): list.append(constantKey: key, valueOf: source)
        case (nil, nil): list.append(constantKey: key, value: value)
        }
    }

    private static func delete(
        _ program: borrowing ActionProgram, _ step: ActionProgram.Step,
        _ list: inout AttributeList, _ message: borrowing Message
    ) {
        if let index = find(program, step.key, list, message) { list.remove(index) }
        guard let pattern = step.pattern else { return }
        for index in 0..<list.endIndex where list.isPresent(index) {
            if program.patterns[pattern].matches(list.key(at: index, in: message)) {
                list.remove(index)
            }
        }
    }

    private static func hash(
        _ program: borrowing ActionProgram, _ step: ActionProgram.Step,
        _ list: inout AttributeList, _ message: borrowing Message, _ scratch: inout ByteBuffer,
        _ digest: Digest?
    ) {
        guard let digest else { return }
        if let index = find(program, step.key, list, message) {
            list.hash(index, with: digest, in: message, &scratch)
        }
        guard let pattern = step.pattern else { return }
        for index in 0..<list.endIndex where list.isPresent(index) {
            if program.patterns[pattern].matches(list.key(at: index, in: message)) {
                list.hash(index, with: digest, in: message, &scratch)
            }
        }
    }

    private static func extract(
        _ program: borrowing ActionProgram, _ step: ActionProgram.Step,
        _ list: inout AttributeList, _ message: borrowing Message, _ scratch: inout ByteBuffer
    ) {
        guard let number = step.pattern,
            let index = find(program, step.key, list, message),
            list.copyText(of: index, in: message, to: &scratch)
        else { return }
        let pattern = program.patterns[number]
        guard let match = pattern.firstMatch(in: scratch.bytes) else { return }
        for group in 0..<pattern.groupCount {
            let slice = program.groupKeys[step.firstGroup &+ group]
            let key = program.constants.span.bytes.extracting(slice.range)
            let text = scratch.bytes.extracting(match[group &+ 1] ?? 0..<0)
            list.put(key, string: text, in: message)
        }
    }
}

extension AttributeList {
    /// Copies an attribute's text; false if it is not a string.
    fileprivate func copyText(
        of index: Int, in message: borrowing Message, to buffer: inout ByteBuffer
    ) -> Bool {
        let value = value(at: index, in: message)
        guard value.kind == .string else { return false }
        buffer.removeAll()
        buffer.append(value.bytes)
        return true
    }

    /// Gives an attribute a string, and adds it if it is not there.
    mutating func put(_ key: RawSpan, string: RawSpan, in message: borrowing Message) {
        let start = values.count
        values.appendValue(string: string)
        put(key, valueFrom: start, in: message)
    }

    /// Replaces a value by its SHA-256. Numbers are hashed as eight bytes, little-endian, bools as
    /// one; what has no such form becomes empty.
    fileprivate mutating func hash(
        _ index: Int, with digest: Digest, in message: borrowing Message,
        _ scratch: inout ByteBuffer
    ) {
        scratch.removeAll()
        Self.append(digest, of: value(at: index, in: message), to: &scratch)
        let start = values.count
        values.appendValue(string: scratch.bytes)
        set(index, valueFrom: start)
    }

    private static func append(
        _ digest: Digest, of value: borrowing AnyValue, to buffer: inout ByteBuffer
    ) {
        switch value.kind {
        case .string: digest.appendHexadecimal(of: value.bytes, to: &buffer)
        case .bool: append(digest, ofWord: value.bool == true ? 1 : 0, size: 1, to: &buffer)
        case .int:
            append(
                digest, ofWord: UInt64(bitPattern: value.int ?? 0), size: 8, to: &buffer)
        case .double:
            append(digest, ofWord: (value.double ?? 0).bitPattern, size: 8, to: &buffer)
        case .empty, .bytes, .array, .keyValueList: break
        }
    }

    private static func append(
        _ digest: Digest, ofWord word: UInt64, size: Int, to buffer: inout ByteBuffer
    ) {
        let bytes = InlineArray<1, UInt64>(repeating: word.littleEndian)
        digest.appendHexadecimal(of: bytes.span.bytes.extracting(0..<size), to: &buffer)
    }
}

// Of another buffer, not of a span: two buffers of one value can be changed and read at once, while
// a span of the one keeps all of the value from being changed.
extension ByteBuffer {
    mutating func append(_ other: borrowing ByteBuffer, _ range: Range<Int>) {
        append(other.bytes.extracting(range))
    }

    /// Appends the content of an `AnyValue` that is a string.
    mutating func appendText(_ text: borrowing ByteBuffer) {
        appendValue(string: text.bytes)
    }
}

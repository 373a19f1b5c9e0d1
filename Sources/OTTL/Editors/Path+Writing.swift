import OTLP
import Primitives

extension Path {
    /// Why the path cannot be written; `nil` if it can.
    var readOnlyReason: String? {
        switch field.form {
        case .schemaURL: "schema URLs cannot be changed in this build"
        case .eventIndex, .metricType: "it is read only"
        case .dataPoints: "data points cannot be replaced in this build"
        default: nil
        }
    }

    /// Gives the path a value. `nil` is to be dealt with before.
    func write(
        _ value: Value, for subject: borrowing Subject, into output: inout ByteBuffer
    ) throws(EvaluationError) -> Edit {
        if field.form == .cache { return try writeCache(value, for: subject) }
        if keys.isEmpty { return try writeField(value, for: subject, into: &output) }
        switch field.keys {
        case .none: return .none
        case .vendor: return try writeVendor(value, for: subject, into: &output)
        case .value:
            let current = try Path(context: context, field: field, keys: [], text: text)
                .value(for: subject)
            let new = try current.setting(keys[...], to: value, for: subject)
            return try writeField(new, for: subject, into: &output)
        case .map: return try writeAttribute(value, for: subject, into: &output)
        }
    }

    private func writeCache(
        _ value: Value, for subject: borrowing Subject
    ) throws(EvaluationError) -> Edit {
        let value = subject.body.owned(value)
        let new = try Value.map(.own(subject.cache)).setting(keys[...], to: value, for: subject)
        guard case .map(.own(let entries)) = new else {
            throw .mismatch(expected: "map", found: new.kind)
        }
        return .cache(entries)
    }

    // MARK: Attributes

    /// The tag of the attributes that the path is about.
    func attributesTag(for subject: borrowing Subject) -> UInt32 {
        if case .point(.attributes) = field.form {
            return PointTag.attributes(of: subject.pointsTag)
        }
        return field.tag
    }

    private func writeAttribute(
        _ value: Value, for subject: borrowing Subject, into output: inout ByteBuffer
    ) throws(EvaluationError) -> Edit {
        guard let first = keys.first, case .string(let name) = try first.resolved(for: subject)
        else { throw .failed("attributes are indexed with a string") }
        let tag = attributesTag(for: subject)
        let message = subject.message(of: context)
        var current: Value?
        if let found = message.attribute(name.span.bytes, in: tag) {
            current = subject.body.value(of: found)
        }
        let new =
            keys.count == 1
            ? value
            : try (current ?? .none).setting(keys.dropFirst(), to: value, for: subject)
        if let current, subject.body.areEqual(current, new) { return .none }
        return try subject.revised(context, into: &output) {
            (message, output) throws(EvaluationError) in
            try output.append(message, setting: name, in: tag, to: new)
        }
    }

    private func writeVendor(
        _ value: Value, for subject: borrowing Subject, into output: inout ByteBuffer
    ) throws(EvaluationError) -> Edit {
        guard let key = keys.first, case .string(let vendor) = try key.resolved(for: subject),
            case .string(let text) = value
        else { throw .mismatch(expected: "string", found: value.kind) }
        let state = subject.message(of: context).text(field.tag)
        guard
            let new = TraceState.inserting(
                vendor, subject.body.copy(of: text), in: subject.body.copy(of: state))
        else { return .none }
        return try writeField(.string(.own(new)), for: subject, into: &output)
    }
}

extension ByteBuffer {
    /// A message with one attribute set: the first with the key, or a new one behind all fields.
    fileprivate mutating func append(
        _ message: borrowing Message, setting key: [UInt8], in tag: UInt32, to value: Value
    ) throws(EvaluationError) {
        let bytes = message.body
        var start = message.range.lowerBound
        var cursor = WireCursor(bytes, at: start)
        var isWritten = false
        while !isWritten, let field = cursor.nextField(before: message.range.upperBound) {
            guard field.tag == tag, bytes.hasKey(key, at: field.payload) else { continue }
            append(bytes.extracting(start..<field.range.lowerBound))
            start = field.range.upperBound
            try appendPair(tag, .own(key), value, in: bytes)
            isWritten = true
        }
        append(bytes.extracting(start..<message.range.upperBound))
        if !isWritten { try appendPair(tag, .own(key), value, in: bytes) }
    }
}

extension RawSpan {
    /// Whether a key-value pair has a key.
    func hasKey(_ key: [UInt8], at pair: Range<Int>) -> Bool {
        var found = 0..<0
        var cursor = WireCursor(self, at: pair.lowerBound)
        while let part = cursor.nextField(before: pair.upperBound) {
            if part.tag == KeyValueTag.key { found = part.payload }
        }
        return found.count == key.count && extracting(found).hasSameBytes(as: key.span.bytes)
    }
}

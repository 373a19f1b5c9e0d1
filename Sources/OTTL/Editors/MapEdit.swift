import OTLP
import Primitives
import RegularExpressions

/// What an editor does to a map.
enum MapEdit: Sendable {
    case deleteKey(Argument)
    /// Removes the keys that match, or those that do not.
    case deleteMatching(Argument, inverted: Bool)
    case keepKeys(Argument)
    case limit(Int, priority: [[UInt8]])
    case truncate(Int)
    case replaceValues(TextReplacement)
    case replaceKeys(TextReplacement)
    case merge(Argument, MergeStrategy)
    case flatten(prefix: Argument, depth: Int64, resolvesConflicts: Bool)
    case stringify
}

/// Which pairs of another map are taken over.
enum MergeStrategy: String, CaseIterable, Sendable {
    case insert, update, upsert
}

extension MapEdit {
    func apply(
        to path: Path, for subject: borrowing Subject, into output: inout ByteBuffer
    ) throws(EvaluationError) -> Edit {
        let value = try path.value(for: subject)
        guard case .map(let map) = value else {
            throw .mismatch(expected: "map", found: value.kind)
        }
        guard let draft = try result(for: map, subject) else { return .none }
        return try path.write(draft, for: subject, into: &output)
    }

    /// What the map becomes; `nil` if it stays as it is.
    private func result(
        for map: MapValue, _ subject: borrowing Subject
    ) throws(EvaluationError) -> MapDraft? {
        let body = subject.body
        switch self {
        case .deleteKey(let argument):
            let key = try argument.bytes(for: subject)
            guard body.value(key.span.bytes, in: map) != nil else { return nil }
            var draft = MapDraft(map, in: body)
            let position = draft.entries.firstIndex { body.isEqual($0.key, key) }
            if let position { draft.entries.remove(at: position) }
            return draft
        case .deleteMatching(let argument, let isInverted):
            guard case .pattern(let pattern) = try argument.value(for: subject) else {
                throw .mismatch(expected: "a regular expression", found: .none)
            }
            return body.removing(from: map) { pattern.matches($0) != isInverted }
        case .keepKeys(let argument):
            let keys = try argument.texts(for: subject)
            return body.removing(from: map) { key in
                !keys.contains { $0.span.bytes.hasSameBytes(as: key) }
            }
        case .limit(let limit, let priority): return body.limited(map, limit, priority)
        case .truncate(let limit): return body.truncated(map, limit)
        case .replaceValues(let replacement):
            return try Self.replaceValues(of: map, replacement.prepare(for: subject), subject)
        case .replaceKeys(let replacement):
            return try Self.replaceKeys(of: map, replacement.prepare(for: subject), subject)
        case .merge(let source, let strategy):
            return try Self.merge(try source.value(for: subject), into: map, strategy, body)
        case .flatten(let prefix, let depth, let resolvesConflicts):
            let prefix = try prefix.bytes(for: subject)
            guard depth > 0 || !prefix.isEmpty else { return nil }
            var flattening = Flattening(depth: depth, resolvesConflicts: resolvesConflicts)
            flattening.add(map, under: prefix, in: body)
            return flattening.result
        case .stringify: return body.stringified(map)
        }
    }

    // MARK: Editors that evaluate

    private static func replaceValues(
        of map: MapValue, _ replacement: TextReplacement.Prepared, _ subject: borrowing Subject
    ) throws(EvaluationError) -> MapDraft? {
        let body = subject.body
        guard body.anyText(in: map, { replacement.matches($0) }) else { return nil }
        var draft = MapDraft(map, in: body)
        for position in draft.entries.indices {
            guard case .string(let text) = draft.entries[position].value else { continue }
            let new = try body.withBytes(of: text) { (bytes) throws(EvaluationError) in
                try replacement.result(for: bytes, subject)
            }
            if let new { draft.setValue(.string(.own(new)), at: position) }
        }
        return draft
    }

    /// Of keys that become equal, the last one counts, in the place of the first.
    private static func replaceKeys(
        of map: MapValue, _ replacement: TextReplacement.Prepared, _ subject: borrowing Subject
    ) throws(EvaluationError) -> MapDraft? {
        let body = subject.body
        guard body.anyKey(of: map, { replacement.matches($0) }) else { return nil }
        var result = MapDraft()
        var positions: [[UInt8]: Int] = [:]
        for entry in MapDraft(map, in: body).entries {
            let old = body.copy(of: entry.key)
            let new = try replacement.result(for: old.span.bytes, subject)
            if let position = positions[new ?? old] {
                result.setValue(entry.value, at: position)
                continue
            }
            positions[new ?? old] = result.entries.count
            if let new {
                result.append(.own(new), entry.value)
            } else {
                result.entries.append(entry)
            }
        }
        return result
    }

    private static func merge(
        _ source: Value, into map: MapValue, _ strategy: MergeStrategy, _ body: RawSpan
    ) throws(EvaluationError) -> MapDraft? {
        guard case .map(let other) = source else {
            throw .mismatch(expected: "map", found: source.kind)
        }
        var draft = MapDraft(map, in: body)
        var positions: [[UInt8]: Int] = [:]
        for (position, entry) in draft.entries.enumerated().reversed() {
            positions[body.copy(of: entry.key)] = position
        }
        var isChanged = false
        for entry in body.entries(of: other) {
            if let position = positions[entry.key] {
                if strategy == .insert { continue }
                draft.setValue(entry.value, at: position)
            } else {
                if strategy == .update { continue }
                positions[entry.key] = draft.entries.count
                draft.append(.own(entry.key), entry.value)
            }
            isChanged = true
        }
        return isChanged ? draft : nil
    }
}

extension Argument {
    /// The bytes of a string.
    func bytes(for subject: borrowing Subject) throws(EvaluationError) -> [UInt8] {
        let value = try value(for: subject)
        guard case .string(let text) = value else {
            throw .mismatch(expected: "string", found: value.kind)
        }
        return subject.body.copy(of: text)
    }

    /// The strings of a list.
    func texts(for subject: borrowing Subject) throws(EvaluationError) -> [[UInt8]] {
        guard case .list(let list) = try value(for: subject) else { return [] }
        return subject.body.elements(of: list).compactMap { element in
            if case .string(let text) = element { subject.body.copy(of: text) } else { nil }
        }
    }
}

// MARK: - Editors that only look at keys and values

extension RawSpan {
    fileprivate func isEqual(_ text: Text, _ key: [UInt8]) -> Bool {
        withBytes(of: text) { $0.hasSameBytes(as: key.span.bytes) }
    }

    /// Whether a property holds for any key, asked without copying.
    fileprivate func anyKey(of map: MapValue, _ holds: (RawSpan) -> Bool) -> Bool {
        switch map {
        case .own(let entries): return entries.contains { holds($0.key.span.bytes) }
        case .inBody(let range, let tag):
            var attributes = Message(self, range).attributes(tag)
            while let attribute = attributes.next() { if holds(attribute.key) { return true } }
            return false
        }
    }

    /// Whether a property holds for any value that is a string, asked without copying.
    fileprivate func anyText(in map: MapValue, _ holds: (RawSpan) -> Bool) -> Bool {
        switch map {
        case .own(let entries):
            return entries.contains { entry in
                guard case .string(let text) = entry.value else { return false }
                return withBytes(of: text, holds)
            }
        case .inBody(let range, let tag):
            var attributes = Message(self, range).attributes(tag)
            while let attribute = attributes.next() {
                let value = attribute.value
                if value.kind == .string, holds(value.bytes) { return true }
            }
            return false
        }
    }

    fileprivate func removing(
        from map: MapValue, where isSuperfluous: (RawSpan) -> Bool
    ) -> MapDraft? {
        guard anyKey(of: map, isSuperfluous) else { return nil }
        var draft = MapDraft(map, in: self)
        draft.entries.removeAll { entry in withBytes(of: entry.key, isSuperfluous) }
        return draft
    }

    /// Priority keys first, then others in their order.
    fileprivate func limited(_ map: MapValue, _ limit: Int, _ priority: [[UInt8]]) -> MapDraft? {
        guard count(of: map) > limit else { return nil }
        var draft = MapDraft(map, in: self)
        let isPriority = draft.entries.map { entry in
            priority.contains { isEqual(entry.key, $0) }
        }
        var room = limit - isPriority.count { $0 }
        var position = 0
        draft.entries.removeAll { _ in
            defer { position += 1 }
            if isPriority[position] { return false }
            room -= 1
            return room < 0
        }
        return draft
    }

    fileprivate func truncated(_ map: MapValue, _ limit: Int) -> MapDraft? {
        guard anyText(in: map, { $0.byteCount > limit }) else { return nil }
        var draft = MapDraft(map, in: self)
        for position in draft.entries.indices {
            guard case .string(let text) = draft.entries[position].value, text.count > limit
            else { continue }
            let bytes = copy(of: text)
            var end = limit
            // Not within a character.
            while end > 0, bytes[end] & 0xc0 == 0x80 { end -= 1 }
            draft.setValue(.string(.own(Array(bytes[..<end]))), at: position)
        }
        return draft
    }

    fileprivate func stringified(_ map: MapValue) -> MapDraft? {
        var draft = MapDraft(map, in: self)
        var isChanged = false
        for position in draft.entries.indices {
            let value = draft.entries[position].value
            if case .string = value { continue }
            draft.setValue(.string(.own(plainText(of: value))), at: position)
            isChanged = true
        }
        return isChanged ? draft : nil
    }
}

extension Resolver {
    func path(
        _ segments: [PathSegment], _ range: Range<Int>
    ) throws(SyntaxMistake) -> Path {
        let (context, rest) = try split(segments, range)
        for segment in rest.dropLast() where !segment.keys.isEmpty {
            throw SyntaxMistake(
                "has an index in the middle of a path", at: segment.range.upperBound)
        }
        let name = rest.map(\.name).joined(separator: ".")
        guard let last = rest.last, let field = context.fields.first(where: { $0.name == name })
        else { throw unknownPath(name, of: context, at: range) }
        if field.form == .cache, context != self.context {
            throw SyntaxMistake(
                "has the cache of '\(context.rawValue)', but only that of "
                    + "'\(self.context.rawValue)' can be used here", at: range.lowerBound)
        }
        try check(last.keys, field)
        var keys: [PathKey] = []
        for key in last.keys { keys.append(try self.key(key)) }
        return Path(context: context, field: field, keys: keys, text: source(range))
    }

    private func check(_ keys: [SyntaxNode], _ field: Field) throws(SyntaxMistake) {
        guard let first = keys.first else { return }
        switch field.keys {
        case .none:
            throw SyntaxMistake(
                "has an index behind '\(field.name)', which has no parts",
                at: first.range.lowerBound)
        case .vendor where keys.count > 1:
            throw SyntaxMistake(
                "has a second index behind '\(field.name)'", at: keys[1].range.lowerBound)
        case .map, .vendor:
            if case .int = first.kind {
                throw SyntaxMistake(
                    "has the index \(source(first.range)) behind '\(field.name)', where a string "
                        + "was expected", at: first.range.lowerBound)
            }
        default: break
        }
    }

    func key(_ node: SyntaxNode) throws(SyntaxMistake) -> PathKey {
        let expression = try expression(node)
        switch expression.constant {
        case nil: return .computed(expression)
        case .string(.own(let bytes)): return .string(bytes)
        case .int(let number): return .int(number)
        default:
            throw SyntaxMistake(
                "has '\(source(node.range))' where a string or an int was expected as a key",
                at: node.range.lowerBound)
        }
    }

    // MARK: Contexts

    /// The context of a path, and the names behind its prefix.
    private func split(
        _ segments: [PathSegment], _ range: Range<Int>
    ) throws(SyntaxMistake) -> (PathContext, ArraySlice<PathSegment>) {
        let first = segments[0]
        guard segments.count > 1, first.keys.isEmpty else {
            if style == .prefixed { throw missingContext(segments, range) }
            return (context, segments[...])
        }
        if let prefix = PathContext(prefix: first.name) {
            let isOwn = prefix == context
            if context.parents.contains(prefix) || isOwn && style != .own {
                return (prefix, segments.dropFirst())
            }
            let rest = segments.dropFirst().map(\.name).joined(separator: ".")
            throw SyntaxMistake(
                isOwn
                    ? "has '\(source(range))': here, fields of '\(context.rawValue)' are written "
                        + "without that prefix"
                    : "has '\(source(range))', but '\(first.name)' cannot be reached from "
                        + "'\(context.rawValue)'", at: first.range.lowerBound,
                hint: isOwn ? "write '\(rest)'" : "these can: \(visible)")
        }
        if ["otelcol", "profile", "exemplar"].contains(first.name) {
            throw SyntaxMistake(
                "has '\(source(range))': paths of '\(first.name)' are not part of this build",
                at: first.range.lowerBound)
        }
        if style == .prefixed { throw missingContext(segments, range) }
        return (context, segments[...])
    }

    private var visible: String {
        ([context] + context.parents).map(\.rawValue).joined(separator: ", ")
    }

    private func missingContext(
        _ segments: [PathSegment], _ range: Range<Int>
    ) -> SyntaxMistake {
        let name = segments.map(\.name).joined(separator: ".")
        let owner = ([context] + context.parents).first { context in
            context.fields.contains { $0.name == name }
        }
        return SyntaxMistake(
            "has the path '\(source(range))' without a context in front", at: range.lowerBound,
            hint: owner.map { "write '\($0.rawValue).\(source(range))'" }
                ?? "a path starts with one of \(visible)")
    }

    private func unknownPath(
        _ name: String, of context: PathContext, at range: Range<Int>
    ) -> SyntaxMistake {
        let names = context.fields.map(\.name)
        let start = name.prefix { $0 != "." }
        var hint = Spelling.hint(for: name, among: names)
        if name != start, ["attributes", "cache", "metadata", "body"].contains(start) {
            hint = "write \(start)[\"\(name.dropFirst(start.count + 1))\"]"
        }
        return SyntaxMistake(
            "has '\(source(range))', but '\(context.rawValue)' has no path '\(name)'",
            at: range.lowerBound, hint: hint)
    }
}

/// Finds the word that was probably meant.
enum Spelling {
    private static let lengthLimit = 64

    static func hint(for word: String, among candidates: [String]) -> String? {
        if let closest = closest(to: word, among: candidates) {
            return "did you mean '\(closest)'?"
        }
        guard !candidates.isEmpty, candidates.count <= 30 else { return nil }
        return "known are \(candidates.joined(separator: ", "))"
    }

    /// The candidate that takes the fewest changes, if that is at most one in three letters.
    static func closest(to word: String, among candidates: [String]) -> String? {
        let letters = Array(word.lowercased().utf8.prefix(lengthLimit))
        var best: (word: String, distance: Int)?
        for candidate in candidates {
            let other = Array(candidate.lowercased().utf8.prefix(lengthLimit))
            let distance = distance(letters, other)
            let limit = Swift.max(1, Swift.max(letters.count, other.count) / 3)
            if distance <= limit, distance < best?.distance ?? .max {
                best = (candidate, distance)
            }
        }
        return best?.word
    }

    /// Insertions, deletions, substitutions and swaps of neighbours.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var before: [Int] = []
        var previous = Array(0...right.count)
        for (row, letter) in left.enumerated() {
            var current = [row + 1]
            for (column, other) in right.enumerated() {
                let substitution = previous[column] + (letter == other ? 0 : 1)
                var cost = Swift.min(substitution, previous[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, letter == right[column - 1], left[row - 1] == other {
                    cost = Swift.min(cost, before[column - 1] + 1)
                }
                current.append(cost)
            }
            before = previous
            previous = current
        }
        return previous[right.count]
    }
}

import OTLP
import Primitives

/// A statement that is ready to be executed: what its editor does, checked and prepared.
///
/// Immutable, shared between threads.
package struct Editing: Sendable {
    private enum Operation: Sendable {
        case set(Path, Argument)
        case map(Path, MapEdit)
        case text(Path, TextReplacement)
        case append(Path, value: Argument, values: Argument)
        case deleteIndex(Path, start: Argument, end: Argument)
        case metric(MetricEdit)
    }

    package let statement: Statement
    private let operation: Operation

    package init(_ statement: Statement) throws(OTTLError) {
        self.statement = statement
        operation = try Self.operation(statement)
        if let path = statement.arguments.first?.target, let reason = path.readOnlyReason {
            throw OTTLError(
                "changes '\(path.text)', which is not possible: \(reason)",
                offset: statement.offsets.first ?? 0)
        }
    }

    /// Whether the index of a body may say something else of a record after this.
    package var affectsIndex: Bool {
        // Of a metric with several lists of points, one may go.
        guard let path = statement.arguments.first?.target else { return true }
        switch path.field.form {
        case .traceID, .traceIDText, .spanID, .spanIDText, .time, .nanoseconds, .status,
            .statusCode:
            return path.context == .span || path.context == .log
        default: return false
        }
    }

    /// Executes the statement, if its condition holds. `output` is written over; if it was
    /// executed and changed something, that has the subject as it is now.
    package func apply(
        to subject: borrowing Subject, into output: inout ByteBuffer
    ) throws(EvaluationError) -> Edit {
        if let condition = statement.condition, try !condition.holds(for: subject) {
            return .none
        }
        switch operation {
        case .set(let path, let argument):
            let value = try argument.value(for: subject)
            if value.isNone { return .none }
            return try path.write(value, for: subject, into: &output)
        case .map(let path, let edit):
            return try edit.apply(to: path, for: subject, into: &output)
        case .text(let path, let replacement):
            guard case .string(let text) = try path.value(for: subject) else { return .none }
            let prepared = try replacement.prepare(for: subject)
            let new = try subject.body.withBytes(of: text) { (bytes) throws(EvaluationError) in
                try prepared.result(for: bytes, subject)
            }
            guard let new else { return .none }
            return try path.write(.string(.own(new)), for: subject, into: &output)
        case .append(let path, let value, let values):
            return try Self.append(path, value, values, subject, &output)
        case .deleteIndex(let path, let start, let end):
            return try Self.deleteIndex(path, start, end, subject, &output)
        case .metric(let edit): return try edit.apply(to: subject, into: &output)
        }
    }

    // MARK: - Lists

    private static func append(
        _ path: Path, _ value: Argument, _ values: Argument, _ subject: borrowing Subject,
        _ output: inout ByteBuffer
    ) throws(EvaluationError) -> Edit {
        let current = try path.value(for: subject)
        var elements: [Value]
        switch current {
        case .none: elements = []
        case .list(let list): elements = subject.body.elements(of: list)
        case .string, .bytes, .int, .double, .bool: elements = [current]
        default: throw .mismatch(expected: "a list or a scalar", found: current.kind)
        }
        let one = try value.value(for: subject)
        if !one.isNone { elements.append(one) }
        switch try values.value(for: subject) {
        case .none: break
        case .list(let list): elements += subject.body.elements(of: list)
        case let other: throw .mismatch(expected: "list", found: other.kind)
        }
        return try path.write(.list(.own(elements)), for: subject, into: &output)
    }

    private static func deleteIndex(
        _ path: Path, _ start: Argument, _ end: Argument, _ subject: borrowing Subject,
        _ output: inout ByteBuffer
    ) throws(EvaluationError) -> Edit {
        let value = try path.value(for: subject)
        guard case .list(let list) = value else {
            throw .mismatch(expected: "list", found: value.kind)
        }
        var elements = subject.body.elements(of: list)
        guard case .int(let first) = try start.value(for: subject) else { return .none }
        guard first >= 0, first < elements.count else { throw .outOfBounds(index: first) }
        var last = first + 1
        if case .int(let end) = try end.value(for: subject) { last = end }
        guard last > first, last <= elements.count else { throw .outOfBounds(index: last) }
        elements.removeSubrange(Int(first)..<Int(last))
        return try path.write(.list(.own(elements)), for: subject, into: &output)
    }
}

// MARK: - Checks at start

extension Editing {
    private static func operation(_ statement: Statement) throws(OTTLError) -> Operation {
        let arguments = statement.arguments
        if let metric = try metricEdit(statement) { return .metric(metric) }
        guard let path = arguments.first?.target else {
            throw OTTLError("has no target", offset: 0)
        }
        switch statement.editor {
        case "set": return .set(path, arguments[1])
        case "replace_pattern":
            return .text(path, try TextReplacement(statement, from: 1, isGlob: false))
        case "replace_match":
            return .text(path, try TextReplacement(statement, from: 1, isGlob: true))
        case "append":
            guard arguments[1].isGiven || arguments[2].isGiven else {
                throw OTTLError(
                    "has an 'append' without anything to append",
                    offset: statement.offsets[1], hint: "write value or values")
            }
            return .append(path, value: arguments[1], values: arguments[2])
        case "delete_index":
            return .deleteIndex(path, start: arguments[1], end: arguments[2])
        default: return .map(path, try mapEdit(statement))
        }
    }

    private static func mapEdit(_ statement: Statement) throws(OTTLError) -> MapEdit {
        let arguments = statement.arguments
        switch statement.editor {
        case "delete_key": return .deleteKey(arguments[1])
        case "delete_matching_keys": return .deleteMatching(arguments[1], inverted: false)
        case "keep_matching_keys": return .deleteMatching(arguments[1], inverted: true)
        case "keep_keys": return .keepKeys(arguments[1])
        case "limit": return try limit(statement)
        case "truncate_all":
            return .truncate(try natural(1, of: statement, "limit"))
        case "merge_maps":
            let strategy: MergeStrategy = try choice(2, of: statement, "strategy")
            return .merge(arguments[1], strategy)
        case "replace_all_matches":
            return .replaceValues(try TextReplacement(statement, from: 1, isGlob: true))
        case "replace_all_patterns":
            let mode: ReplacementMode = try choice(1, of: statement, "mode")
            let replacement = try TextReplacement(statement, from: 2, isGlob: false)
            return mode == .key ? .replaceKeys(replacement) : .replaceValues(replacement)
        case "flatten":
            let depth = try natural(2, of: statement, "depth")
            return .flatten(
                prefix: arguments[1], depth: Int64(depth), resolvesConflicts: bool(arguments[3]))
        case "stringify_all": return .stringify
        default:
            throw OTTLError(
                "has an editor '\(statement.editor)' that is not in this build", offset: 0)
        }
    }

    private enum ReplacementMode: String, CaseIterable {
        case key, value
    }

    private static func limit(_ statement: Statement) throws(OTTLError) -> MapEdit {
        let limit = try natural(1, of: statement, "limit")
        var priority: [[UInt8]] = []
        if case .list(.own(let keys)) = statement.arguments[2].constant {
            priority = keys.compactMap { $0.constantText.map { Array($0.utf8) } }
        }
        guard priority.count <= limit else {
            throw OTTLError(
                "has a limit of \(limit), less than the number of its priority keys",
                offset: statement.offsets[1])
        }
        return .limit(limit, priority: priority)
    }

    private static func metricEdit(_ statement: Statement) throws(OTTLError) -> MetricEdit? {
        switch statement.editor {
        case "convert_sum_to_gauge": return .sumToGauge
        case "convert_gauge_to_sum":
            let temporality: Temporality = try choice(0, of: statement, "aggregation_temporality")
            return .gaugeToSum(
                temporality: temporality == .delta ? 1 : 2,
                isMonotonic: bool(statement.arguments[1]))
        case "scale_metric":
            return .scale(factor: statement.arguments[0], unit: statement.arguments[1])
        default: return nil
        }
    }

    private enum Temporality: String, CaseIterable {
        case delta, cumulative
    }

    private static func bool(_ argument: Argument) -> Bool {
        if case .bool(true) = argument.constant { true } else { false }
    }

    private static func natural(
        _ position: Int, of statement: Statement, _ name: String
    ) throws(OTTLError) -> Int {
        guard case .int(let number) = statement.arguments[position].constant, number >= 0 else {
            throw OTTLError(
                "has a \(name) that is negative", offset: statement.offsets[position])
        }
        return Int(number)
    }

    private static func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ position: Int, of statement: Statement, _ name: String
    ) throws(OTTLError) -> Choice {
        let text = statement.arguments[position].constant?.constantText ?? ""
        guard let choice = Choice(rawValue: text) else {
            let words = Choice.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
            throw OTTLError(
                "has the \(name) \"\(text)\", but must have one of \(words)",
                offset: statement.offsets[position])
        }
        return choice
    }
}

extension Argument {
    /// Whether it is written, and not `nil`.
    fileprivate var isGiven: Bool {
        if case .constant(.none) = self { false } else { true }
    }
}

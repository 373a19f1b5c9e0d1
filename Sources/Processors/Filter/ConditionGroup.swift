import OTLP
import OTTL
import Pipeline
import Primitives

/// Conditions that are evaluated together, from the resource down; where one holds, what it is
/// about is dropped.
struct ConditionGroup: Sendable {
    var resource: [Condition] = []
    var scope: [Condition] = []
    /// Of spans, metrics or log records.
    var record: [Condition] = []
    /// Of span events or data points.
    var item: [Condition] = []
    var mode: ErrorMode

    var isEmpty: Bool {
        resource.isEmpty && scope.isEmpty && record.isEmpty && item.isEmpty
    }

    mutating func add(_ condition: Condition, in context: PathContext) {
        switch context {
        case .resource: resource.append(condition)
        case .scope: scope.append(condition)
        case .span, .metric, .log: record.append(condition)
        case .spanevent, .datapoint: item.append(condition)
        }
    }
}

/// Conditions that could not be evaluated.
struct ConditionFailures {
    /// How many; they count as not true.
    private(set) var count = 0
    /// Set by the first failure if failures are to be propagated: nothing else matters then.
    private(set) var refusal: Refusal?
    private(set) var areFinal = false

    mutating func note(_ condition: Condition, _ error: EvaluationError, _ mode: ErrorMode) {
        count &+= 1
        guard mode == .propagate else { return }
        areFinal = true
        refusal = Refusal(
            reason: "condition_failed",
            message: "failed to eval condition: \(condition.text), \(error)", isRetryable: false)
    }
}

/// One walk of a group of conditions through a batch.
struct ConditionPass: Rewriter {
    private let group: ConditionGroup
    private let signal: Signal
    private let now: UInt64
    private(set) var failures = ConditionFailures()
    /// Which of a record's items go. Kept for its memory.
    private var removals: [Bool] = []

    init(_ group: ConditionGroup, _ signal: Signal, now: UInt64) {
        self.group = group
        self.signal = signal
        self.now = now
    }

    mutating func enterResource(
        _ resource: borrowing Message, schemaURL: RawSpan
    ) -> GroupVisit {
        if failures.areFinal { return .keep }
        if !group.resource.isEmpty {
            let subject = Subject(resource: resource, schemaURL: schemaURL, now: now)
            if group.resource.anyHolds(for: subject, group.mode, &failures) { return .remove }
        }
        return group.scope.isEmpty && group.record.isEmpty && group.item.isEmpty ? .keep : .visit
    }

    mutating func enterScope(
        _ scope: borrowing Message, schemaURL: RawSpan,
        of resource: borrowing Message, resourceSchemaURL: RawSpan
    ) -> GroupVisit {
        if failures.areFinal { return .keep }
        if !group.scope.isEmpty {
            let subject = Subject(
                scope: scope, schemaURL: schemaURL, resource: resource,
                resourceSchemaURL: resourceSchemaURL, now: now)
            if group.scope.anyHolds(for: subject, group.mode, &failures) { return .remove }
        }
        return group.record.isEmpty && group.item.isEmpty ? .keep : .visit
    }

    mutating func rewriteRecord(
        _ record: borrowing Record, into output: inout ByteBuffer
    ) -> Rewriting {
        if failures.areFinal { return .keep }
        let subject = Subject(record, now: now)
        if group.record.anyHolds(for: subject, group.mode, &failures) { return .remove }
        if group.item.isEmpty { return .keep }
        return switch signal {
        case .traces: rewriteEvents(of: record, subject, into: &output)
        case .metrics: rewritePoints(of: record, subject, into: &output)
        case .logs: .keep
        }
    }
}

extension [Condition] {
    /// Asks one after the other until one is true. That is done for every record, so no condition
    /// is copied.
    fileprivate borrowing func anyHolds(
        for subject: borrowing Subject, _ mode: ErrorMode, _ failures: inout ConditionFailures
    ) -> Bool {
        let conditions = span
        for index in conditions.indices {
            do throws(EvaluationError) {
                if try conditions[index].holds(for: subject) { return true }
            } catch {
                failures.note(conditions[index], error, mode)
                if failures.areFinal { return false }
            }
        }
        return false
    }
}

extension ConditionPass {
    /// The span stays, even without events.
    private mutating func rewriteEvents(
        of record: borrowing Record, _ subject: borrowing Subject, into output: inout ByteBuffer
    ) -> Rewriting {
        let span = record.message
        var subject = copy subject
        removals.removeAll(keepingCapacity: true)
        var removalCount = 0
        var events = span.messages(SpanTag.events)
        while let event = events.next() {
            subject.visit(event: event, at: removals.count)
            let isRemoved = group.item.anyHolds(for: subject, group.mode, &failures)
            removals.append(isRemoved)
            removalCount &+= isRemoved ? 1 : 0
        }
        if removalCount == 0 { return .keep }
        var remover = ItemRemover(removals)
        return output.append(span, rewriting: SpanTag.events, with: &remover).rewriting
    }

    /// A metric without data points is dropped, also one that had none; one without a type stays.
    private mutating func rewritePoints(
        of record: borrowing Record, _ subject: borrowing Subject, into output: inout ByteBuffer
    ) -> Rewriting {
        let metric = record.message
        let kind = metric.pointsTag
        if kind == 0 { return .keep }
        var subject = copy subject
        removals.removeAll(keepingCapacity: true)
        var removalCount = 0
        var lists = metric.messages(kind)
        while let list = lists.next() {
            var points = list.messages(MetricPointsTag.dataPoints)
            while let point = points.next() {
                subject.visit(dataPoint: point, of: kind)
                let isRemoved = group.item.anyHolds(for: subject, group.mode, &failures)
                removals.append(isRemoved)
                removalCount &+= isRemoved ? 1 : 0
            }
        }
        if failures.areFinal { return .keep }
        if removalCount == removals.count { return .remove }
        if removalCount == 0 { return .keep }
        var remover = ItemRemover(removals)
        return output.appendMetric(metric, rewritingPointsWith: &remover).rewriting
    }
}

/// Leaves out the items of a record for which a list says so, in order.
private struct ItemRemover: PartRewriter {
    private let removals: [Bool]
    private var position = 0

    init(_ removals: [Bool]) {
        self.removals = removals
    }

    mutating func rewritePart(
        _ part: borrowing Message, of kind: UInt32, into output: inout ByteBuffer
    ) -> Rewriting {
        defer { position &+= 1 }
        return position < removals.count && removals[position] ? .remove : .keep
    }
}

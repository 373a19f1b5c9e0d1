import OTLP
import OTTL
import Pipeline
import Primitives

/// One walk of a group of statements through a batch.
struct StatementPass: Rewriter {
    private let group: StatementGroup
    private let now: UInt64
    private let scratch: Scratch

    /// Memory that is used again from walk to walk.
    final class Scratch {
        var bench = Workbench()
    }

    init(_ group: StatementGroup, now: UInt64, _ scratch: Scratch) {
        self.group = group
        self.now = now
        self.scratch = scratch
    }

    mutating func enterResource(
        _ resource: borrowing Message, schemaURL: RawSpan
    ) -> GroupVisit {
        scratch.bench.enterResource()
        guard group.context == .resource else { return .visit }
        let subject = Subject(resource: resource, schemaURL: schemaURL, now: now)
        if scratch.bench.run(group, on: subject) { scratch.bench.keepResult(.resource) }
        return .keep
    }

    mutating func enterScope(
        _ scope: borrowing Message, schemaURL: RawSpan,
        of resource: borrowing Message, resourceSchemaURL: RawSpan
    ) -> GroupVisit {
        scratch.bench.enterScope()
        guard group.context == .scope else { return .visit }
        let subject = Subject(
            scope: scope, schemaURL: schemaURL, resource: resource,
            resourceSchemaURL: resourceSchemaURL, now: now)
        if scratch.bench.run(group, on: subject) { scratch.bench.keepResult(.scope) }
        return .keep
    }

    mutating func leaveScope(
        _ scope: borrowing Message, into output: inout ByteBuffer
    ) -> Rewriting {
        guard scratch.bench.hasChangedScope else { return .keep }
        scratch.bench.appendScope(to: &output)
        return .replace
    }

    mutating func leaveResource(
        _ resource: borrowing Message, into output: inout ByteBuffer
    ) -> Rewriting {
        guard scratch.bench.hasChangedResource else { return .keep }
        scratch.bench.appendResource(to: &output)
        return .replace
    }

    mutating func rewriteRecord(
        _ record: borrowing Record, into output: inout ByteBuffer
    ) -> Rewriting {
        let subject = Subject(record, now: now)
        switch group.context {
        case .resource, .scope: return .keep
        case .span, .metric, .log:
            guard scratch.bench.run(group, on: subject) else { return .keep }
            scratch.bench.appendResult(group.context, to: &output)
        case .spanevent:
            guard editEvents(of: record.message, subject) else { return .keep }
            scratch.bench.appendRecord(of: record.message, 0, to: &output)
        case .datapoint:
            let kind = record.message.pointsTag
            guard kind != 0, editPoints(of: record.message, kind, subject) else { return .keep }
            scratch.bench.appendRecord(of: record.message, kind, to: &output)
        }
        return group.affectsIndex ? .replace : .amend
    }

    private func editEvents(
        of span: borrowing Message, _ subject: borrowing Subject
    ) -> Bool {
        var subject = copy subject
        var index = 0
        var isChanged = false
        scratch.bench.startItems()
        var events = span.messages(SpanTag.events)
        while let event = events.next() {
            subject.visit(event: event, at: index)
            if scratch.bench.runItem(group, on: subject, SpanTag.events) { isChanged = true }
            index &+= 1
        }
        return isChanged || scratch.bench.hasChangedRecord
    }

    private func editPoints(
        of metric: borrowing Message, _ kind: UInt32, _ subject: borrowing Subject
    ) -> Bool {
        var subject = copy subject
        var isChanged = false
        scratch.bench.startItems()
        var lists = metric.messages(kind)
        while let list = lists.next() {
            var points = list.messages(MetricPointsTag.dataPoints)
            while let point = points.next() {
                subject.visit(dataPoint: point, of: kind)
                if scratch.bench.runItem(group, on: subject, MetricPointsTag.dataPoints) {
                    isChanged = true
                }
            }
        }
        return isChanged || scratch.bench.hasChangedRecord
    }
}

import Configuration
import OTLP
import Pipeline
import Primitives

/// Which records are kept by `include` and `exclude`.
struct RecordChoice: Sendable {
    /// What is asked of resources alone: those that are not selected go.
    fileprivate var resources: IncludeExclude
    fileprivate var records: IncludeExclude

    /// All that a block asks for holds together.
    init(_ rules: IncludeExclude) {
        resources = IncludeExclude(include: nil, exclude: nil)
        records = rules
    }

    /// The form of `metrics`: a metric is dropped if its resource is not included, its resource is
    /// excluded, its name is not included, or its name is excluded.
    init(metricsOf include: MatchProperties?, but exclude: MatchProperties?) {
        resources = IncludeExclude(include: include?.resourcePart, exclude: exclude?.resourcePart)
        records = IncludeExclude(include: include?.namePart, exclude: exclude?.namePart)
    }

    var keepsAll: Bool { resources.selectsAll && records.selectsAll }
}

extension MatchProperties {
    fileprivate var resourcePart: MatchProperties? {
        if resources.isEmpty { return nil }
        var part = MatchProperties()
        part.resources = resources
        return part
    }

    fileprivate var namePart: MatchProperties? {
        guard let metricNames else { return nil }
        var part = MatchProperties()
        part.metricNames = metricNames
        return part
    }
}

/// One walk of a choice through a batch.
struct MatchingPass: Rewriter {
    private var choice: RecordChoice
    private let signal: Signal

    init(_ choice: RecordChoice, _ signal: Signal) {
        self.choice = choice
        self.signal = signal
    }

    mutating func enterResource(
        _ resource: borrowing Message, schemaURL: RawSpan
    ) -> GroupVisit {
        if choice.resources.enterResource(resource) == false { return .remove }
        return Self.visit(choice.records.enterResource(resource))
    }

    mutating func enterScope(
        _ scope: borrowing Message, schemaURL: RawSpan,
        of resource: borrowing Message, resourceSchemaURL: RawSpan
    ) -> GroupVisit {
        Self.visit(choice.records.enterScope(scope))
    }

    private static func visit(_ answer: Bool?) -> GroupVisit {
        switch answer {
        case true: .keep
        case false: .remove
        case nil: .visit
        }
    }

    mutating func rewriteRecord(
        _ record: borrowing Record, into output: inout ByteBuffer
    ) -> Rewriting {
        choice.records.selects(record: record.message, of: signal) ? .keep : .remove
    }
}

import OTLP
import OTTL
import Primitives

/// Where a group's statements work on one thing: its subject as it arrived, until an editor
/// changes something; from then on a copy that goes to and fro between two buffers.
///
///     arrived ──▶ first ──▶ second ──▶ first ──▶ …
///
/// What surrounds many things — the resource, the scope, the record of events or data points — may
/// be changed on behalf of each; it is kept here, and the next thing sees it.
struct Workbench: ~Copyable {
    /// Messages that have changed.
    struct Messages: OptionSet {
        let rawValue: UInt8

        static let resource = Messages(rawValue: 1)
        static let scope = Messages(rawValue: 2)
        static let record = Messages(rawValue: 4)
        static let item = Messages(rawValue: 8)
    }

    /// What surrounds, as far as it has changed.
    private var surroundings = ChangedSurroundings()
    /// Events or data points of a record, as fields of the list they belong in.
    private var items = ByteBuffer()

    private var first = ByteBuffer()
    private var second = ByteBuffer()
    private var revision: Revision?
    private var isInFirst = false
    /// How much of the buffers holds what surrounds things, and need not be written for each.
    private var firstPrefix = 0
    private var secondPrefix = 0
    private var cache: [MapEntry] = []

    /// Executions that failed, by the statement's number; the last one counts conditions.
    private(set) var failures: [Int] = []
    /// Set by the first failure if failures are to be propagated: nothing else matters then.
    private(set) var failure: String?

    private static let capacityLimit = 1 << 20

    var hasChangedResource: Bool { surroundings.hasResource }
    var hasChangedScope: Bool { surroundings.hasScope }

    /// Starts with another resource: what was changed around earlier things is done with.
    mutating func enterResource() {
        surroundings.hasResource = false
        first.removeAll(keepingCapacityUpTo: Self.capacityLimit)
        second.removeAll(keepingCapacityUpTo: Self.capacityLimit)
        enterScope()
    }

    mutating func enterScope() {
        surroundings.hasScope = false
        enterRecord()
    }

    private mutating func enterRecord() {
        surroundings.hasRecord = false
        firstPrefix = 0
        secondPrefix = 0
    }

    /// Runs a group for one thing; whether the thing's own message has changed.
    mutating func run(_ group: StatementGroup, on arrived: borrowing Subject) -> Bool {
        if failure != nil { return false }
        revision = nil
        isInFirst = false
        if !cache.isEmpty { cache = [] }
        if !surroundings.isEmpty { start(with: arrived, group.context) }
        guard holds(group, for: arrived) else { return false }
        var edited: Messages = []
        for (number, editing) in group.editings.enumerated() {
            do throws(EvaluationError) {
                switch try apply(editing, to: arrived) {
                case .none: break
                case .cache(let entries): cache = entries
                case .revision(let new):
                    take(new, group.context)
                    edited.insert(Messages(new.context))
                }
            } catch {
                note(error, number, group)
                if failure != nil { return false }
            }
        }
        keep(edited.subtracting(Messages(group.context)), arrived.pointsTag)
        return edited.contains(Messages(group.context))
    }

    private mutating func take(_ new: Revision, _ context: PathContext) {
        isInFirst = revision == nil || !isInFirst
        revision = new
        if new.context != context {
            firstPrefix = 0
            secondPrefix = 0
        }
        if isInFirst {
            firstPrefix = new.prefixSize(of: context)
        } else {
            secondPrefix = new.prefixSize(of: context)
        }
    }

    // MARK: - Evaluating

    private mutating func apply(
        _ editing: Editing, to arrived: borrowing Subject
    ) throws(EvaluationError) -> Edit {
        guard let revision else {
            var subject = copy arrived
            subject.cache = cache
            subject.prefixSize = firstPrefix
            return try editing.apply(to: subject, into: &first)
        }
        return isInFirst
            ? try Self.apply(
                editing, to: revision, in: first, arrived, cache, secondPrefix, into: &second)
            : try Self.apply(
                editing, to: revision, in: second, arrived, cache, firstPrefix, into: &first)
    }

    private static func apply(
        _ editing: Editing, to revision: Revision, in buffer: borrowing ByteBuffer,
        _ arrived: borrowing Subject, _ cache: [MapEntry], _ prefixSize: Int,
        into output: inout ByteBuffer
    ) throws(EvaluationError) -> Edit {
        var subject = subject(buffer.bytes, revision, arrived, cache)
        subject.prefixSize = prefixSize
        return try editing.apply(to: subject, into: &output)
    }

    private mutating func holds(
        _ group: StatementGroup, for arrived: borrowing Subject
    ) -> Bool {
        if group.conditions.isEmpty { return true }
        for condition in group.conditions {
            do throws(EvaluationError) {
                if try holds(condition, for: arrived) { return true }
            } catch {
                note(error, condition, group)
                if failure != nil { return false }
            }
        }
        return false
    }

    private func holds(
        _ condition: Condition, for arrived: borrowing Subject
    ) throws(EvaluationError) -> Bool {
        guard let revision else { return try condition.holds(for: arrived) }
        return try condition.holds(for: Self.subject(first.bytes, revision, arrived, []))
    }

    @_lifetime(copy bytes)
    private static func subject(
        _ bytes: RawSpan, _ revision: Revision, _ arrived: borrowing Subject, _ cache: [MapEntry]
    ) -> Subject {
        var subject = Subject(bytes, revision.places, now: arrived.now)
        subject.item = revision.item
        subject.itemIndex = arrived.itemIndex
        subject.pointsTag = arrived.pointsTag
        subject.cache = cache
        return subject
    }

    // MARK: - Failures

    private mutating func note(
        _ error: EvaluationError, _ number: Int, _ group: StatementGroup
    ) {
        count(number, group)
        if group.mode == .propagate {
            let text = group.editings[number].statement.text
            failure = "failed to execute statement: \(text), \(error)"
        }
    }

    private mutating func note(
        _ error: EvaluationError, _ condition: Condition, _ group: StatementGroup
    ) {
        count(group.editings.count, group)
        if group.mode == .propagate {
            failure = "failed to eval condition: \(condition.text), \(error)"
        }
    }

    private mutating func count(_ number: Int, _ group: StatementGroup) {
        while failures.count <= group.editings.count { failures.append(0) }
        failures[number] += 1
    }
}

// MARK: - Starting and finishing

extension Workbench {
    /// Puts the thing together with what surrounds it by now.
    private mutating func start(with arrived: borrowing Subject, _ context: PathContext) {
        isInFirst = true
        revision = arrived.assembled(
            context, with: surroundings, prefixSize: firstPrefix, into: &first)
        firstPrefix = revision?.prefixSize(of: context) ?? 0
    }

    /// Keeps what was changed around the thing.
    private mutating func keep(_ edited: Messages, _ pointsTag: UInt32) {
        guard !edited.isEmpty, let revision else { return }
        if isInFirst {
            Self.keep(edited, first, revision, pointsTag, in: &surroundings)
        } else {
            Self.keep(edited, second, revision, pointsTag, in: &surroundings)
        }
    }

    private static func keep(
        _ edited: Messages, _ buffer: borrowing ByteBuffer, _ revision: Revision,
        _ pointsTag: UInt32, in surroundings: inout ChangedSurroundings
    ) {
        if edited.contains(.resource) {
            surroundings.hasResource = true
            surroundings.resource.removeAll()
            append(revision.places.resource, of: buffer, to: &surroundings.resource)
        }
        if edited.contains(.scope) {
            surroundings.hasScope = true
            surroundings.scope.removeAll()
            append(revision.places.scope, of: buffer, to: &surroundings.scope)
        }
        if edited.contains(.record) {
            surroundings.hasRecord = true
            surroundings.record.removeAll()
            let record = Message(buffer.bytes, revision.places.record)
            surroundings.record.appendShell(of: record, pointsTag)
        }
    }

    private static func append(
        _ range: Range<Int>, of buffer: borrowing ByteBuffer, to output: inout ByteBuffer
    ) {
        output.append(buffer.bytes.extracting(range))
    }

    /// Appends what has become of the thing that was last run for.
    func appendResult(_ context: PathContext, to output: inout ByteBuffer) {
        guard let revision else { return }
        let range =
            switch context {
            case .resource: revision.places.resource
            case .scope: revision.places.scope
            case .span, .metric, .log: revision.places.record
            case .spanevent, .datapoint: revision.item
            }
        if isInFirst {
            Self.append(range, of: first, to: &output)
        } else {
            Self.append(range, of: second, to: &output)
        }
    }

    func appendResource(to output: inout ByteBuffer) {
        output.append(surroundings.resource.bytes)
    }

    func appendScope(to output: inout ByteBuffer) { output.append(surroundings.scope.bytes) }

    /// The thing is a resource or scope, and is what surrounds those that follow.
    mutating func keepResult(_ context: PathContext) {
        keep(Messages(context), 0)
    }
}

// MARK: - Events and data points

extension Workbench {
    mutating func startItems() {
        items.removeAll(keepingCapacityUpTo: Self.capacityLimit)
        enterRecord()
    }

    /// Runs a group for an event or data point and adds what becomes of it to the list.
    mutating func runItem(
        _ group: StatementGroup, on arrived: borrowing Subject, _ tag: UInt32
    ) -> Bool {
        let isChanged = run(group, on: arrived)
        let mark = items.open(tag, expectedSize: arrived.item.count)
        if isChanged, let revision {
            if isInFirst {
                Self.append(revision.item, of: first, to: &items)
            } else {
                Self.append(revision.item, of: second, to: &items)
            }
        } else {
            items.append(arrived.body.extracting(arrived.item))
        }
        items.close(mark)
        return isChanged
    }

    /// Appends the record with all that has become of its items.
    mutating func appendRecord(
        of arrived: borrowing Message, _ pointsTag: UInt32, to output: inout ByteBuffer
    ) {
        if !surroundings.hasRecord {
            surroundings.record.removeAll()
            surroundings.record.appendShell(of: arrived, pointsTag)
        }
        let shell = Message(surroundings.record.bytes, 0..<surroundings.record.count)
        output.append(shell: shell, pointsTag, items: items.bytes)
    }

    var hasChangedRecord: Bool { surroundings.hasRecord }
}

extension Revision {
    /// How much stands before the thing itself.
    fileprivate func prefixSize(of context: PathContext) -> Int {
        switch context {
        case .resource, .scope: 0
        case .span, .metric, .log: places.record.lowerBound
        case .spanevent, .datapoint: item.lowerBound
        }
    }
}

extension Workbench.Messages {
    init(_ context: PathContext) {
        switch context {
        case .resource: self = .resource
        case .scope: self = .scope
        case .span, .metric, .log: self = .record
        case .spanevent, .datapoint: self = .item
        }
    }
}

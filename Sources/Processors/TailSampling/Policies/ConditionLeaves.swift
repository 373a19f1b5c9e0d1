import OTLP
import OTTL
import Primitives

/// The leaves that evaluate OTTL conditions for each span and for its events.
///
/// A trace is settled by the first span that matches or fails: of a span, its conditions come
/// before its events, of those all conditions before the next event.
struct ConditionLeaves: Sendable {
    struct Leaf: Sendable {
        let span: [Condition]
        let events: [Condition]
        /// Whether a condition that cannot be evaluated is more than one that does not match.
        let isStrict: Bool
        let matched: FactBit
        let failed: FactBit
    }

    private var leaves: [Leaf] = []
    /// The time of day of the batch.
    private var now: UInt64 = 0

    var isEmpty: Bool { leaves.isEmpty }

    mutating func add(_ leaf: Leaf) { leaves.append(leaf) }

    mutating func beginBatch() {
        if !leaves.isEmpty { now = WallClock.nanosecondsSince1970() }
    }

    func note(_ record: borrowing Record, in facts: inout MutableSpan<UInt64>) {
        for position in leaves.indices {
            let matched = leaves[position].matched
            let failed = leaves[position].failed
            if facts.isSet(matched) || facts.isSet(failed) { continue }
            do {
                if try leaves[position].holds(for: record, now: now) { facts.set(matched) }
            } catch {
                facts.set(failed)
            }
        }
    }
}

extension ConditionLeaves.Leaf {
    fileprivate func holds(
        for record: borrowing Record, now: UInt64
    ) throws(EvaluationError) -> Bool {
        var subject = Subject(record, now: now)
        if try holds(span, for: subject) { return true }
        if events.isEmpty { return false }
        let message = record.message
        var list = message.messages(SpanTag.events)
        var index = 0
        while let event = list.next() {
            subject.visit(event: event, at: index)
            if try holds(events, for: subject) { return true }
            index += 1
        }
        return false
    }

    private func holds(
        _ conditions: [Condition], for subject: borrowing Subject
    ) throws(EvaluationError) -> Bool {
        for condition in conditions {
            do throws(EvaluationError) {
                if try condition.holds(for: subject) { return true }
            } catch {
                if isStrict { throw error }
            }
        }
        return false
    }
}

import Configuration
import OTLP
import Primitives

/// The `include` and `exclude` blocks of a processor: which records it works on.
///
/// A record is selected if `include` is absent or matches, and `exclude` is absent or does not.
/// Whoever walks through a batch calls `enterResource` and `enterScope` for every group and
/// `selects(record:of:)` in between, so that groups are looked at once; `selects(_:of:)` needs no
/// such calls.
///
/// Documented in `docs/matching.md`.
struct IncludeExclude: Sendable {
    private let include: MatchProperties?
    private let exclude: MatchProperties?

    /// What is known about the groups that were entered: whether what is asked of them holds.
    private var included = Group()
    private var excluded = Group()

    private struct Group {
        var resource = true
        var scope = true

        var holds: Bool { resource && scope }
    }

    init(include: MatchProperties?, exclude: MatchProperties?) {
        self.include = include
        self.exclude = exclude
    }

    /// Takes both blocks.
    init(from section: inout Section) {
        self.init(
            include: MatchProperties.optional(
                "include", from: &section, "which records are meant; all of them without"),
            exclude: MatchProperties.optional(
                "exclude", from: &section, "which of those are not meant"))
    }

    /// There is nothing to match.
    var selectsAll: Bool { include == nil && exclude == nil }

    /// Starts with a resource group. An answer holds for all of its records; `nil` says that it
    /// depends on them or their scopes.
    mutating func enterResource(_ resource: borrowing Message) -> Bool? {
        included = Group(resource: include?.holds(forResource: resource) ?? true)
        excluded = Group(resource: exclude?.holds(forResource: resource) ?? false)
        return answer(isBeforeScope: true)
    }

    /// Starts with a scope group of the resource group entered last.
    mutating func enterScope(_ scope: borrowing Message) -> Bool? {
        included.scope = include?.holds(forScope: scope) ?? true
        excluded.scope = exclude?.holds(forScope: scope) ?? false
        return answer(isBeforeScope: false)
    }

    private func answer(isBeforeScope: Bool) -> Bool? {
        if !included.holds { return false }
        let isIncludeOpen = include?.isOpen(isBeforeScope: isBeforeScope) ?? false
        let isExcludeOpen = exclude?.isOpen(isBeforeScope: isBeforeScope) ?? false
        if excluded.holds { return isExcludeOpen ? nil : false }
        return isIncludeOpen ? nil : true
    }

    /// A record of the groups entered last.
    func selects(record: borrowing Message, of signal: Signal) -> Bool {
        guard included.holds else { return false }
        if let include, !include.holds(forRecord: record, of: signal) { return false }
        guard excluded.holds, let exclude else { return true }
        return !exclude.holds(forRecord: record, of: signal)
    }

    /// A record of any group.
    func selects(_ record: borrowing Record, of signal: Signal) -> Bool {
        if let include, !include.holds(for: record, of: signal) { return false }
        if let exclude, exclude.holds(for: record, of: signal) { return false }
        return true
    }
}

extension MatchProperties {
    /// Whether more has to be looked at than resources, or than resources and scopes.
    fileprivate func isOpen(isBeforeScope: Bool) -> Bool {
        concernsRecords || isBeforeScope && concernsScopes
    }

    fileprivate func holds(for record: borrowing Record, of signal: Signal) -> Bool {
        holds(forResource: record.resource) && holds(forScope: record.scope)
            && holds(forRecord: record.message, of: signal)
    }
}

import Primitives

/// What becomes of a message that a `Rewriter` was shown.
package enum Rewriting: Sendable {
    /// It stays as it is; what was appended is taken back.
    case keep
    /// What was appended takes its place.
    case replace
    /// As `replace`, and all that the index knows of the record is as it was: of a span its trace
    /// id, times, status code and whether it has a parent; of a log record its trace id; of a
    /// metric the number of data points. Cheaper, as the record need not be read again.
    case amend
    /// It goes: a record with all that is in it, a resource or scope without its records.
    case remove
}

/// How far a `Rewriter` looks into a group of records.
package enum GroupVisit: Sendable {
    /// Its records are shown.
    case visit
    /// Its records stay as they are, unseen.
    case keep
    /// The group goes with all its records.
    case remove
}

/// Changes records, resources or scopes of a batch.
///
/// Shown, in the order of the batch: each resource (`enterResource`), each of its scopes
/// (`enterScope`), the records of that; then the scope and the resource once more, which are
/// written only then (`leaveScope`, `leaveResource`; not of groups that are removed). Of a group
/// that is kept only `leave…` follows, at once. An absent resource or scope is shown as an empty
/// one.
///
/// What is written is the content of the new message, without tag and size; sizes around it are not
/// the rewriter's business. It must be valid OTLP, since nobody validates it again: text in UTF-8,
/// nesting not deeper than `WireCursor.nestingLimit`.
package protocol Rewriter: ~Copyable {
    mutating func enterResource(
        _ resource: borrowing Message, schemaURL: RawSpan
    ) -> GroupVisit
    mutating func enterScope(
        _ scope: borrowing Message, schemaURL: RawSpan,
        of resource: borrowing Message, resourceSchemaURL: RawSpan
    ) -> GroupVisit
    mutating func rewriteRecord(
        _ record: borrowing Record, into output: inout ByteBuffer
    ) -> Rewriting
    mutating func leaveScope(
        _ scope: borrowing Message, into output: inout ByteBuffer
    ) -> Rewriting
    mutating func leaveResource(
        _ resource: borrowing Message, into output: inout ByteBuffer
    ) -> Rewriting
}

extension Rewriter where Self: ~Copyable {
    package mutating func enterResource(
        _ resource: borrowing Message, schemaURL: RawSpan
    ) -> GroupVisit { .visit }

    package mutating func enterScope(
        _ scope: borrowing Message, schemaURL: RawSpan,
        of resource: borrowing Message, resourceSchemaURL: RawSpan
    ) -> GroupVisit { .visit }

    package mutating func rewriteRecord(
        _ record: borrowing Record, into output: inout ByteBuffer
    ) -> Rewriting { .keep }

    package mutating func leaveScope(
        _ scope: borrowing Message, into output: inout ByteBuffer
    ) -> Rewriting { .keep }

    package mutating func leaveResource(
        _ resource: borrowing Message, into output: inout ByteBuffer
    ) -> Rewriting { .keep }
}

import OTLP
import Primitives
import RegularExpressions

/// A condition as a list of tests, each of which says where to go on.
///
///     attributes["a"] == 1 and (name == "x" or IsMatch(name, "^y"))
///
///     0  attributes["a"] == 1   true → 1      false → rejected
///     1  name == "x"            true → accepted  false → 2
///     2  IsMatch(name, "^y")    true → accepted  false → rejected
///
/// Tests of the usual fields are answered from the bytes: nothing is allocated, counted or copied.
/// All others are propositions, evaluated the general way.
///
/// Steps, constants and references to patterns lie in memory of the program's own: reading an array
/// that a class holds would count a reference for each record.
final class Program: @unchecked Sendable {  // Immutable after init.

    /// Positions that are no test.
    static let accepted = -1
    static let rejected = -2

    private let steps: UnsafeBufferPointer<Step>
    private let constants: UnsafeRawBufferPointer
    /// Kept alive by `patterns`.
    private let patternReferences: UnsafeBufferPointer<Unmanaged<Pattern>>
    private let patterns: [Pattern]
    private let propositions: [Proposition]
    private let first: Int

    init(_ builder: ProgramBuilder, first: Int) {
        steps = Self.copy(builder.steps)
        constants = UnsafeRawBufferPointer(Self.copy(builder.constants))
        patterns = builder.patterns
        patternReferences = Self.copy(builder.patterns.map(Unmanaged.passUnretained))
        propositions = builder.propositions
        self.first = first
    }

    deinit {
        steps.deallocate()
        constants.deallocate()
        patternReferences.deallocate()
    }

    private static func copy<Element>(_ elements: [Element]) -> UnsafeBufferPointer<Element> {
        let memory = UnsafeMutableBufferPointer<Element>.allocate(capacity: elements.count)
        _ = memory.initialize(from: elements)
        return UnsafeBufferPointer(memory)
    }

    private var constantBytes: RawSpan {
        @_lifetime(borrow self)
        get { unsafe _overrideLifetime(RawSpan(_unsafeBytes: constants), borrowing: self) }
    }

    func holds(for subject: borrowing Subject) throws(EvaluationError) -> Bool {
        let constants = constantBytes
        var position = first
        while steps.indices.contains(position) {
            let result = try holds(steps[position].test, for: subject, constants)
            position = result ? steps[position].whenTrue : steps[position].whenFalse
        }
        return position == Self.accepted
    }

    @inline(__always)
    private func holds(
        _ test: Test, for subject: borrowing Subject, _ constants: RawSpan
    ) throws(EvaluationError) -> Bool {
        switch test {
        case .comparison(let comparison, let left, let right):
            return comparison.holds(
                try left.scalar(for: subject, constants),
                try right.scalar(for: subject, constants), in: subject.body, or: constants)
        case .difference(let comparison, let arithmetic, let left, let right, let other):
            let difference = try arithmetic(
                try left.scalar(for: subject, constants),
                try right.scalar(for: subject, constants))
            return comparison.holds(
                difference, try other.scalar(for: subject, constants), in: subject.body,
                or: constants)
        case .match(let source, let pattern, let otherwise):
            switch try source.scalar(for: subject, constants) {
            case .none: return false
            case .text(let place):
                let text = place.bytes(in: subject.body, or: constants)
                return patternReferences[pattern]._withUnsafeGuaranteedRef { $0.matches(text) }
            default: return try propositions[otherwise].holds(for: subject)
            }
        case .isRoot: return subject.isRootSpan
        case .general(let position): return try propositions[position].holds(for: subject)
        }
    }
}

/// A test, and where to go on when it is known.
struct Step: Sendable {
    let test: Test
    let whenTrue: Int
    let whenFalse: Int
}

/// What one step asks. Nothing in it is counted.
enum Test: Sendable {
    case comparison(Comparison, Source, Source)
    /// `left - right > other`
    case difference(Comparison, Arithmetic, Source, Source, Source)
    /// A pattern by its position; what is no text goes the general way.
    case match(Source, pattern: Int, otherwise: Int)
    case isRoot
    /// A proposition by its position.
    case general(Int)
}

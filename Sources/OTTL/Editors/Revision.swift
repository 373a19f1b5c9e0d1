import OTLP
import Primitives

/// What an editor did.
package enum Edit: Sendable {
    /// Nothing, as everything is as it would have made it.
    case none
    /// It changed what statements keep for later ones.
    case cache([MapEntry])
    case revision(Revision)
}

/// A subject written anew, with one of its messages changed: its messages and schema URLs, one
/// after the other in a buffer, so that ranges of one body name them again.
package struct Revision: Sendable {
    package var places: RecordPlaces
    package var item: Range<Int>
    /// Whose message changed.
    package let context: PathContext
}

extension Subject {
    /// Writes the subject into a buffer, with what `write` makes of one context's message. What
    /// surrounds it is there already if `prefixSize` says so.
    ///
    /// Of a record whose item is looked at, everything but its items is written: they are all gone
    /// through one by one, and a record may have very many.
    func revised(
        _ context: PathContext, into output: inout ByteBuffer,
        _ write: (borrowing Message, inout ByteBuffer) throws(EvaluationError) -> Void
    ) throws(EvaluationError) -> Edit {
        let isItem = context == .spanevent || context == .datapoint
        if prefixSize > 0, isItem || item.isEmpty, context != .resource, context != .scope {
            return try revisedBehindPrefix(context, isItem, into: &output, write)
        }
        try checkSize(of: context)
        output.removeAll()
        var new = places
        new.resource = try copy(
            places.resource, isTarget: context == .resource, into: &output, write)
        new.resourceSchemaURL = copy(places.resourceSchemaURL, into: &output)
        new.scope = try copy(places.scope, isTarget: context == .scope, into: &output, write)
        new.scopeSchemaURL = copy(places.scopeSchemaURL, into: &output)
        let start = output.count
        if !isItem, context != .resource, context != .scope {
            try write(record, &output)
        } else if item.isEmpty && !isItem {
            output.append(record.bytes)
        } else {
            output.appendShell(of: record, pointsTag)
        }
        new.record = start..<output.count
        let newItem = try copy(item, isTarget: isItem, into: &output, write)
        return .revision(Revision(places: new, item: newItem, context: context))
    }

    private func revisedBehindPrefix(
        _ context: PathContext, _ isItem: Bool, into output: inout ByteBuffer,
        _ write: (borrowing Message, inout ByteBuffer) throws(EvaluationError) -> Void
    ) throws(EvaluationError) -> Edit {
        output.truncate(to: prefixSize)
        var new = places
        var end = 0
        new.resource = Self.next(places.resource, from: &end)
        new.resourceSchemaURL = Self.next(places.resourceSchemaURL, from: &end)
        new.scope = Self.next(places.scope, from: &end)
        new.scopeSchemaURL = Self.next(places.scopeSchemaURL, from: &end)
        try write(isItem ? Message(body, item) : record, &output)
        let written = prefixSize..<output.count
        new.record = isItem ? end..<prefixSize : written
        let newItem = isItem ? written : written.upperBound..<written.upperBound
        return .revision(Revision(places: new, item: newItem, context: context))
    }

    /// A range of the same size that begins at `end`, which moves behind it.
    private static func next(_ range: Range<Int>, from end: inout Int) -> Range<Int> {
        let start = end
        end += range.count
        return start..<end
    }

    /// What surrounds many things is written anew for each of them that changes it, so it has to be
    /// small.
    private func checkSize(of context: PathContext) throws(EvaluationError) {
        let isWithin =
            switch context {
            case .resource: !places.scope.isEmpty || !places.record.isEmpty
            case .scope: !places.record.isEmpty
            case .span, .metric, .log: !item.isEmpty
            case .spanevent, .datapoint: false
            }
        if isWithin, message(of: context).range.count > Self.surroundingSizeLimit {
            throw .failed("the \(context.rawValue) is too large to be changed from within")
        }
    }

    /// Of a resource, scope or record that is changed on behalf of what it contains.
    private static var surroundingSizeLimit: Int { 64 << 10 }

    private func copy(_ range: Range<Int>, into output: inout ByteBuffer) -> Range<Int> {
        let start = output.count
        output.append(body.extracting(range))
        return start..<output.count
    }

    private func copy(
        _ range: Range<Int>, isTarget: Bool, into output: inout ByteBuffer,
        _ write: (borrowing Message, inout ByteBuffer) throws(EvaluationError) -> Void
    ) throws(EvaluationError) -> Range<Int> {
        guard isTarget else { return copy(range, into: &output) }
        let start = output.count
        try write(Message(body, range), &output)
        return start..<output.count
    }
}

extension ByteBuffer {
    /// A span without its events (`points` is 0), or a metric without its data points.
    package mutating func appendShell(of record: borrowing Message, _ points: UInt32) {
        if points == 0 { return append(record, without: SpanTag.events) }
        var cursor = WireCursor(record.body, at: record.range.lowerBound)
        while let field = cursor.nextField(before: record.range.upperBound) {
            if field.tag == points {
                let mark = open(points)
                append(Message(record.body, field.payload), without: MetricPointsTag.dataPoints)
                close(mark)
            } else {
                append(record.body.extracting(field.range))
            }
        }
    }

    /// A shell with items, which are fields of the list they belong in.
    package mutating func append(
        shell: borrowing Message, _ points: UInt32, items: RawSpan
    ) {
        guard points != 0 else {
            append(shell.bytes)
            return append(items)
        }
        let last = shell.field(points)
        var cursor = WireCursor(shell.body, at: shell.range.lowerBound)
        while let field = cursor.nextField(before: shell.range.upperBound) {
            guard field == last else {
                append(shell.body.extracting(field.range))
                continue
            }
            let mark = open(points, expectedSize: field.payload.count + items.byteCount)
            append(shell.body.extracting(field.payload))
            append(items)
            close(mark)
        }
    }

    /// The fields of a message without those of a number, or of two.
    mutating func append(
        _ message: borrowing Message, withoutNumber number: UInt32, _ other: UInt32 = 0
    ) {
        let bytes = message.body
        var start = message.range.lowerBound
        var cursor = WireCursor(bytes, at: start)
        while let field = cursor.nextField(before: message.range.upperBound) {
            guard field.number == number || field.number == other else { continue }
            append(bytes.extracting(start..<field.range.lowerBound))
            start = field.range.upperBound
        }
        append(bytes.extracting(start..<message.range.upperBound))
    }
}

/// Messages around an item or record that have changed since it arrived, each as it is now.
package struct ChangedSurroundings: ~Copyable {
    package var resource = ByteBuffer()
    package var scope = ByteBuffer()
    /// Of an event or data point: the record without its items.
    package var record = ByteBuffer()
    package var hasResource = false
    package var hasScope = false
    package var hasRecord = false

    package init() {}

    package var isEmpty: Bool { !hasResource && !hasScope && !hasRecord }
}

extension Subject {
    /// Writes the subject into a buffer, with what surrounds it as it is now.
    ///
    /// - Parameter prefixSize: how many bytes of the buffer hold that already.
    package func assembled(
        _ context: PathContext, with surroundings: borrowing ChangedSurroundings, prefixSize: Int,
        into output: inout ByteBuffer
    ) -> Revision {
        var sizes = places
        if surroundings.hasResource { sizes.resource = 0..<surroundings.resource.count }
        if surroundings.hasScope { sizes.scope = 0..<surroundings.scope.count }
        let isItem = context == .spanevent || context == .datapoint
        if prefixSize == 0 {
            output.removeAll()
            put(surroundings.resource, if: surroundings.hasResource, places.resource, &output)
            _ = copy(places.resourceSchemaURL, into: &output)
            put(surroundings.scope, if: surroundings.hasScope, places.scope, &output)
            _ = copy(places.scopeSchemaURL, into: &output)
            if isItem {
                if surroundings.hasRecord {
                    output.append(surroundings.record.bytes)
                } else {
                    output.appendShell(of: record, pointsTag)
                }
            }
        } else {
            output.truncate(to: prefixSize)
        }
        var new = places
        var end = 0
        new.resource = Self.next(sizes.resource, from: &end)
        new.resourceSchemaURL = Self.next(places.resourceSchemaURL, from: &end)
        new.scope = Self.next(sizes.scope, from: &end)
        new.scopeSchemaURL = Self.next(places.scopeSchemaURL, from: &end)
        new.record = isItem ? end..<output.count : copy(places.record, into: &output)
        return Revision(places: new, item: copy(item, into: &output), context: context)
    }

    private func put(
        _ message: borrowing ByteBuffer, if hasChanged: Bool, _ range: Range<Int>,
        _ output: inout ByteBuffer
    ) {
        if hasChanged { return output.append(message.bytes) }
        output.append(body.extracting(range))
    }
}

import OTLP
import Primitives

/// What an expression is evaluated for: a record with its resource and scope, and an event or data
/// point of it. All of it stands in one body.
package struct Subject: ~Escapable {
    /// What ranges, here and in values, refer to.
    package let body: RawSpan
    package var places: RecordPlaces
    /// An event of the span, or a data point of the metric; empty if this is about neither.
    package var item = 0..<0
    /// The position of the event in its span.
    package var itemIndex = 0
    /// Which kind of points the item is one of: a tag of `MetricTag`.
    package var pointsTag: UInt32 = 0
    /// What statements keep for later ones of the same record.
    package var cache: [MapEntry] = []
    /// The time of day, in nanoseconds since 1970.
    package var now: UInt64
    /// How many bytes of what an editor writes to are there already: what surrounds the record or
    /// item, as it is here. 0 if nothing is.
    package var prefixSize = 0

    @_lifetime(copy body)
    package init(_ body: RawSpan, _ places: RecordPlaces, now: UInt64 = 0) {
        self.body = body
        self.places = places
        self.now = now
    }

    /// A span, log record or metric of a batch.
    @_lifetime(copy record)
    package init(_ record: borrowing Record, now: UInt64 = 0) {
        let places = record.places
        body = record.message.body
        self.places = places
        self.now = now
    }

    /// A resource alone, with the schema URL of its group.
    @_lifetime(copy resource)
    package init(resource: borrowing Message, schemaURL: RawSpan, now: UInt64 = 0) {
        let none = 0..<0
        body = resource.body
        places = RecordPlaces(
            resource: resource.range,
            resourceSchemaURL: resource.body.byteOffsets(of: schemaURL) ?? none, scope: none,
            scopeSchemaURL: none, record: none)
        self.now = now
    }

    /// A scope and its resource.
    @_lifetime(copy scope)
    package init(
        scope: borrowing Message, schemaURL: RawSpan, resource: borrowing Message,
        resourceSchemaURL: RawSpan, now: UInt64 = 0
    ) {
        let none = 0..<0
        body = scope.body
        places = RecordPlaces(
            resource: resource.range,
            resourceSchemaURL: scope.body.byteOffsets(of: resourceSchemaURL) ?? none,
            scope: scope.range, scopeSchemaURL: scope.body.byteOffsets(of: schemaURL) ?? none,
            record: none)
        self.now = now
    }

    /// Goes on to an event of the span.
    @_lifetime(self: copy self)
    package mutating func visit(event: borrowing Message, at index: Int) {
        item = event.range
        itemIndex = index
    }

    /// Goes on to a data point of the metric; `tag` says which kind of points the metric has.
    @_lifetime(self: copy self)
    package mutating func visit(dataPoint: borrowing Message, of tag: UInt32) {
        item = dataPoint.range
        pointsTag = tag
    }

    package var resource: Message {
        @_lifetime(copy self)
        get { Message(body, places.resource) }
    }

    package var scope: Message {
        @_lifetime(copy self)
        get { Message(body, places.scope) }
    }

    /// The span, metric or log record.
    package var record: Message {
        @_lifetime(copy self)
        get { Message(body, places.record) }
    }
}

// Validation of what all signals share. Each function is given a cursor at the start of a message's
// content and changes nothing: whoever calls goes on behind the message.
//
// `depth` counts the messages around, so the outermost has 0 and a record has 3.

extension WireCursor {
    /// Refuses a field that the schema knows, but with another wire type. Called with what a
    /// message does not recognise, which otherwise is skipped.
    @inline(__always)
    func refuse(_ tag: UInt32, ifAnyOf known: ClosedRange<UInt32>) throws(WireFailure) {
        if known.contains(tag >> 3) { throw WireFailure(.wrongWireType, at: offset) }
    }

    /// Reads a string and returns where it lies.
    @_lifetime(self: copy self)
    mutating func checkedString(before end: Int) throws(WireFailure) -> Extent {
        let stringEnd = try payloadEnd(before: end)
        try validateUTF8(before: stringEnd)
        defer { offset = stringEnd }
        return Extent(offset..<stringEnd)
    }

    /// Moves behind a trace id and returns where it is, 0 if it is empty.
    @inline(__always)
    @_lifetime(self: copy self)
    mutating func skipTraceID(before end: Int) throws(WireFailure) -> UInt32 {
        let next = try payloadEnd(before: end)
        let start = offset
        guard next &- start == 16 else {
            guard next == start else { throw WireFailure(.invalidTraceID, at: start) }
            return 0
        }
        offset = next
        return UInt32(truncatingIfNeeded: start)
    }

    /// Moves behind a span id; whether there is one, that is, not all of it is zero.
    @inline(__always)
    @_lifetime(self: copy self)
    mutating func skipSpanID(before end: Int) throws(WireFailure) -> Bool {
        let next = try payloadEnd(before: end)
        let start = offset
        guard next &- start == 8 else {
            guard next == start else { throw WireFailure(.invalidSpanID, at: start) }
            return false
        }
        offset = next
        return word(at: start) != 0
    }

    /// `message Resource { repeated KeyValue attributes = 1; uint32 dropped_attributes_count = 2;
    /// repeated EntityRef entity_refs = 3; }`
    @inline(never)
    func checkResource(before end: Int) throws(WireFailure) {
        var cursor = self
        while cursor.offset < end {
            let tag = try cursor.tag(before: end)
            switch tag {
            case ResourceTag.attributes: try cursor.skipKeyValues(tag, before: end, depth: 3)
            case ResourceTag.droppedAttributesCount: _ = try cursor.varint(before: end)
            case ResourceTag.entityRefs:
                let next = try cursor.payloadEnd(before: end)
                try cursor.checkEntityRef(before: next)
                cursor.offset = next
            default:
                try cursor.refuse(tag, ifAnyOf: 1...3)
                try cursor.skip(tag, before: end, depth: 2)
            }
        }
    }

    /// `message EntityRef { string schema_url = 1; string type = 2; repeated string id_keys = 3;
    /// repeated string description_keys = 4; }`
    private func checkEntityRef(before end: Int) throws(WireFailure) {
        var cursor = self
        while cursor.offset < end {
            let tag = try cursor.tag(before: end)
            if 1...4 ~= tag >> 3 && tag & 7 == WireType.bytes {
                try cursor.skipString(before: end)
            } else {
                try cursor.refuse(tag, ifAnyOf: 1...4)
                try cursor.skip(tag, before: end, depth: 3)
            }
        }
    }

    /// `message InstrumentationScope { string name = 1; string version = 2;
    /// repeated KeyValue attributes = 3; uint32 dropped_attributes_count = 4; }`
    @inline(never)
    func checkScope(before end: Int) throws(WireFailure) {
        var cursor = self
        while cursor.offset < end {
            let tag = try cursor.tag(before: end)
            switch tag {
            case ScopeTag.name, ScopeTag.version: try cursor.skipString(before: end)
            case ScopeTag.attributes: try cursor.skipKeyValues(tag, before: end, depth: 4)
            case ScopeTag.droppedAttributesCount: _ = try cursor.varint(before: end)
            default:
                try cursor.refuse(tag, ifAnyOf: 1...4)
                try cursor.skip(tag, before: end, depth: 3)
            }
        }
    }
}

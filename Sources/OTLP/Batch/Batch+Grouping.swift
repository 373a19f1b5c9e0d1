import Primitives

extension Batch {
    /// The batch by the text of one resource attribute, in the order in which values first appear.
    /// `nil` stands for resources without the attribute, or with another type of value.
    package func grouped(
        byResourceAttribute key: String
    ) -> [(value: String?, batch: Batch)] {
        let keyBytes = Array(key.utf8)
        var groups: [(value: String?, batch: Batch)] = []
        var positions: [String?: Int] = [:]
        for part in parts {
            part.forEachResource { slice in
                guard !slice.group.isOpaque, part.hasRecords(in: slice) else { return }
                let value = part.index.body.text(of: keyBytes, in: slice.group.resource)
                let position = positions[value] ?? groups.count
                if position == groups.count {
                    positions[value] = position
                    groups.append((value, Batch(signal)))
                }
                groups[position].batch.append(part.part(of: slice))
            }
        }
        // The usual case; the batch may be one body, which then need not be gathered.
        if groups.count == 1 { groups[0].batch = self }
        return groups
    }
}

extension BatchPart {
    /// What the part has of one resource group, as a part of its own.
    fileprivate func part(of slice: ResourceSlice) -> BatchPart {
        // A part begins at a record; the first one comes behind two headers.
        let first = slice.position + ResourceGroup.cellCount + ScopeGroup.cellCount
        return BatchPart(
            index, from: max(slice.lower, first), to: slice.upper, chosen: chosen)
    }
}

extension Body {
    /// The text of a resource's attribute (`message Resource`), if it has one.
    fileprivate func text(of key: [UInt8], in resource: Extent) -> String? {
        guard resource.isPresent else { return nil }
        var cursor = WireCursor(bytes, at: Int(resource.offset))
        while let attribute = cursor.nextField(before: resource.end) {
            if attribute.tag == ResourceTag.attributes,
                let text = text(of: key, inKeyValue: attribute.payload)
            {
                return text
            }
        }
        return nil
    }

    private func text(of key: [UInt8], inKeyValue range: Range<Int>) -> String? {
        var cursor = WireCursor(bytes, at: range.lowerBound)
        var hasKey = false
        var value: Range<Int>?
        while let field = cursor.nextField(before: range.upperBound) {
            switch field.tag {
            case KeyValueTag.key: hasKey = withBytes(in: field.payload) { $0.elementsEqual(key) }
            case KeyValueTag.value: value = field.payload
            default: break
            }
        }
        guard hasKey, let value else { return nil }
        return string(inAnyValue: value)
    }

    private func string(inAnyValue range: Range<Int>) -> String? {
        var cursor = WireCursor(bytes, at: range.lowerBound)
        var text: String?
        while let field = cursor.nextField(before: range.upperBound) {
            // A oneof: what comes last counts.
            text = nil
            guard field.tag == AnyValueTag.string else { continue }
            text = withBytes(in: field.payload) { String(decoding: $0, as: UTF8.self) }
        }
        return text
    }

    private func withBytes<Result>(
        in range: Range<Int>, _ read: (UnsafeRawBufferPointer) -> Result
    ) -> Result {
        withUnsafeBytes { read(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }
}

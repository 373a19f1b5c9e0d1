/// A resource group of which a part has records, or an opaque one.
struct ResourceSlice {
    let position: Int
    let group: ResourceGroup
    /// Positions between which the part's records of the group are.
    let lower: Int
    let upper: Int
    /// All of the group's records are in the part.
    let isWhole: Bool
}

/// A scope group of which a part has records, and where those are.
struct ScopeSlice {
    let position: Int
    let group: ScopeGroup
    /// The positions of the records; with `chosen`, candidates.
    let lower: Int
    let upper: Int
    let isWhole: Bool
}

extension BatchPart {
    /// The position of the first resource group that the part has something of.
    var firstResourcePosition: Int {
        guard lower > 0 && lower < upper else { return lower }
        let scope = index.scopeGroup(at: Int(index.record(at: lower).scopePosition))
        return Int(scope.resourcePosition)
    }

    /// The resource group at a position and what the part has of it. Groups of which no record is
    /// chosen are among them; `hasRecords` tells.
    @inline(__always)
    func resourceSlice(at position: Int) -> ResourceSlice {
        let group = index.resourceGroup(at: position)
        let end = Int(group.end)
        // The first record of a group comes behind two headers.
        let first = position &+ ResourceGroup.cellCount &+ ScopeGroup.cellCount
        return ResourceSlice(
            position: position, group: group, lower: max(lower, position), upper: min(upper, end),
            isWhole: chosen == nil && lower <= first && end <= upper)
    }

    /// The position of the first scope group that a slice has something of.
    @inline(__always)
    func firstScopePosition(of slice: ResourceSlice) -> Int {
        slice.lower > slice.position
            ? Int(index.record(at: slice.lower).scopePosition)
            : slice.position &+ ResourceGroup.cellCount
    }

    @inline(__always)
    func scopeSlice(at position: Int) -> ScopeSlice {
        let group = index.scopeGroup(at: position)
        let all = index.recordPositions(of: group, at: position)
        let lower = max(all.lowerBound, self.lower)
        let upper = max(min(all.upperBound, self.upper), lower)
        return ScopeSlice(
            position: position, group: group, lower: lower, upper: upper,
            isWhole: chosen == nil && lower == all.lowerBound && upper == all.upperBound)
    }

    /// The position of the scope group behind that of a slice; at the end of the resource group,
    /// that of the next resource group.
    @inline(__always)
    func positionBehind(_ slice: ScopeSlice) -> Int {
        index.recordPositions(of: slice.group, at: slice.position).upperBound
    }

    @inline(__always)
    func isChosen(_ position: Int) -> Bool {
        guard let chosen else { return true }
        return chosen[position &>> 6] & 1 &<< UInt64(position & 63) != 0
    }

    /// The first chosen record at or behind a position, or `slice.upper`.
    @inline(__always)
    func nextRecord(from position: Int, in slice: ScopeSlice) -> Int {
        var next = position
        while next < slice.upper, !isChosen(next) { next &+= index.recordCellCount }
        return min(next, slice.upper)
    }

    func hasRecords(in slice: ResourceSlice) -> Bool {
        if slice.isWhole { return true }
        var position = firstScopePosition(of: slice)
        while position < slice.upper {
            let scope = scopeSlice(at: position)
            if nextRecord(from: scope.lower, in: scope) < scope.upper { return true }
            position = positionBehind(scope)
        }
        return false
    }

    func recordCount(in slice: ScopeSlice) -> Int {
        if chosen == nil { return max(slice.upper - slice.lower, 0) / index.recordCellCount }
        var count = 0
        var position = nextRecord(from: slice.lower, in: slice)
        while position < slice.upper {
            count += 1
            position = nextRecord(from: position + index.recordCellCount, in: slice)
        }
        return count
    }

    func itemCount(in slice: ScopeSlice) -> Int {
        if slice.isWhole { return Int(slice.group.itemCount) }
        if index.signal != .metrics { return recordCount(in: slice) }
        var count = 0
        var position = nextRecord(from: slice.lower, in: slice)
        while position < slice.upper {
            count += Int(index.record(at: position).detail)
            position = nextRecord(from: position + 1, in: slice)
        }
        return count
    }

    /// The size of a slice's records with their tags and sizes.
    func recordsSize(of slice: ScopeSlice) -> Int {
        if chosen == nil && slice.group.isDense { return denseRange(of: slice).count }
        var size = 0
        var position = nextRecord(from: slice.lower, in: slice)
        while position < slice.upper {
            size += index.record(at: position).fieldSize
            position = nextRecord(from: position + index.recordCellCount, in: slice)
        }
        return size
    }

    /// Where the records of a dense group lie, one directly after the other.
    func denseRange(of slice: ScopeSlice) -> Range<Int> {
        guard slice.lower < slice.upper else { return 0..<0 }
        let first = index.record(at: slice.lower)
        let last = index.record(at: slice.upper - index.recordCellCount)
        return Int(first.content.offset) - first.headerSize..<last.content.end
    }
}

extension BatchPart {
    /// Calls `visit` for each resource group from which the part has something, in order.
    @inline(__always)
    func forEachResource(_ visit: (ResourceSlice) -> Void) {
        var position = firstResourcePosition
        while position < upper {
            let slice = resourceSlice(at: position)
            visit(slice)
            position = Int(slice.group.end)
        }
    }

    /// Calls `visit` for each scope group of a resource group from which the part has something.
    @inline(__always)
    func forEachScope(of slice: ResourceSlice, _ visit: (ScopeSlice) -> Void) {
        if slice.group.isOpaque { return }
        var position = firstScopePosition(of: slice)
        while position < slice.upper {
            let scope = scopeSlice(at: position)
            visit(scope)
            position = positionBehind(scope)
        }
    }
}

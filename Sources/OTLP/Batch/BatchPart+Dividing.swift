import Primitives

extension BatchPart {
    /// Where a part is cut: before a record, or within it after so many of its data points.
    private struct Cut {
        var position: Int
        var pointCount = 0
    }

    /// Cuts the part so that the front has `count` items. Requires 0 < count < itemCount.
    func divided(afterItems count: Int) -> (front: [BatchPart], rest: [BatchPart]) {
        let cut = cut(afterItems: count)
        var front = [BatchPart(index, from: lower, to: cut.position, chosen: chosen)]
        var rest: [BatchPart] = []
        var restPosition = cut.position
        if cut.pointCount > 0 {
            let metric = index.record(at: cut.position)
            restPosition =
                self.cut(afterItems: count - cut.pointCount + Int(metric.detail)).position
            let division = MetricDivision(index, metric)
            front += division.half(.first, cut.pointCount)
            rest += division.half(.second, cut.pointCount)
        }
        rest.append(BatchPart(index, from: restPosition, to: upper, chosen: chosen))
        return (front.filter { $0.byteCount > 0 }, rest.filter { $0.byteCount > 0 })
    }

    /// The first place behind so many items.
    private func cut(afterItems count: Int) -> Cut {
        var rest = count
        var position = firstResourcePosition
        while position < upper {
            let resource = resourceSlice(at: position)
            position = Int(resource.group.end)
            if resource.isWhole, rest >= Int(resource.group.itemCount), rest > 0 {
                rest -= Int(resource.group.itemCount)
            } else if let cut = cut(resource, afterItems: &rest) {
                return cut
            }
        }
        return Cut(position: upper)
    }

    private func cut(_ resource: ResourceSlice, afterItems rest: inout Int) -> Cut? {
        if resource.group.isOpaque { return nil }
        var position = firstScopePosition(of: resource)
        while position < resource.upper {
            let scope = scopeSlice(at: position)
            position = positionBehind(scope)
            let count = itemCount(in: scope)
            if rest >= count, rest > 0 {
                rest -= count
            } else if let cut = cut(scope, afterItems: &rest) {
                return cut
            }
        }
        return nil
    }

    private func cut(_ scope: ScopeSlice, afterItems rest: inout Int) -> Cut? {
        if index.signal != .metrics && chosen == nil {
            return Cut(position: scope.lower + rest * index.recordCellCount)
        }
        var position = nextRecord(from: scope.lower, in: scope)
        while position < scope.upper {
            let count = index.record(at: position).itemCount(index.signal)
            if rest == 0 { return Cut(position: position) }
            if count > rest { return Cut(position: position, pointCount: rest) }
            rest -= count
            position = nextRecord(from: position + index.recordCellCount, in: scope)
        }
        return nil
    }
}

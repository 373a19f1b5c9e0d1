import Primitives

/// Divides one metric in two between its data points.
///
/// Both halves are requests of their own, with everything that stands around the metric and around
/// its points, known or not; the points of the one are missing in the other.
struct MetricDivision {
    enum Half { case first, second }

    private let index: BodyIndex
    private let metric: RecordEntry

    init(_ index: BodyIndex, _ metric: RecordEntry) {
        self.index = index
        self.metric = metric
    }

    /// The first `pointCount` points, or all others, as a part; none if nothing is left.
    func half(_ half: Half, _ pointCount: Int) -> [BatchPart] {
        var request = ByteBuffer(capacity: Int(metric.content.size) + 256)
        let scope = index.scopeGroup(at: Int(metric.scopePosition))
        let resource = index.resourceGroup(at: Int(scope.resourcePosition))
        let size = Int(metric.content.size)
        let resourceMark = request.open(RequestTag.resourceGroups, expectedSize: size)
        Envelope.appendSurroundings(
            in: index.body.bytes, resource.content.range, to: &request)
        let scopeMark = request.open(ResourceGroupTag.scopeGroups, expectedSize: size)
        Envelope.appendSurroundings(in: index.body.bytes, scope.content.range, to: &request)
        let metricMark = request.open(ScopeGroupTag.records, expectedSize: size)
        appendMetric(half, pointCount, to: &request)
        request.close(metricMark)
        request.close(scopeMark)
        request.close(resourceMark)
        return BatchPart.parts(of: request.freeze(), as: .metrics)
    }

    /// Copies the metric's fields, with only some of the points.
    private func appendMetric(_ half: Half, _ pointCount: Int, to request: inout ByteBuffer) {
        let bytes = index.body.bytes
        let end = metric.content.end
        let pointsTag = lastPointsTag
        var seen = 0
        var cursor = WireCursor(bytes, at: Int(metric.content.offset))
        while let field = cursor.nextField(before: end) {
            guard field.tag == pointsTag else {
                request.append(bytes.extracting(field.range))
                continue
            }
            let mark = request.open(field.tag, expectedSize: field.payload.count)
            var list = WireCursor(bytes, at: field.payload.lowerBound)
            while let entry = list.nextField(before: field.payload.upperBound) {
                if entry.tag == MetricPointsTag.dataPoints {
                    seen += 1
                    if (seen <= pointCount) != (half == .first) { continue }
                }
                request.append(bytes.extracting(entry.range))
            }
            request.close(mark)
        }
    }

    /// The member of the metric's oneof that counts: the last one.
    private var lastPointsTag: UInt32 {
        var last: UInt32 = 0
        var cursor = WireCursor(index.body.bytes, at: Int(metric.content.offset))
        while let field = cursor.nextField(before: metric.content.end) {
            if MetricTag.isPoints(field.tag) { last = field.tag }
        }
        return last
    }
}

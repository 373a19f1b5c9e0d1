import Configuration
import OTLP
import Primitives

/// What the sampler does with log records alone.
struct LogSamplingOptions: Sendable {
    /// Where the mode `hash_seed` looks first.
    enum Source: String, CaseIterable, Sendable {
        case traceID, record
    }

    let source: Source
    let attribute: String
    fileprivate let keys: AttributeKeys
    fileprivate let positions: Positions

    /// Of the keys, in what `AttributeKeys` finds.
    fileprivate struct Positions: Sendable {
        let threshold: Int
        let randomness: Int
        let attribute: Int?
        let priority: Int?
    }

    init(from section: inout Section, _ rule: SamplingRule) {
        source = section.take(
            "attribute_source", default: .traceID,
            "logs only: what the mode hash_seed hashes; of a record without trace id, its attribute"
        )
        attribute = section.take(
            "from_attribute", default: "",
            "logs only: the attribute that the mode hash_seed hashes for want of a trace id")
        let priority = section.take(
            "sampling_priority", default: "",
            "logs only: an attribute with a percentage that replaces sampling_percentage")
        var keys = AttributeKeys()
        positions = Positions(
            threshold: keys.insert("sampling.threshold"),
            randomness: keys.insert("sampling.randomness"),
            attribute: attribute.isEmpty ? nil : keys.insert(attribute),
            priority: priority.isEmpty ? nil : keys.insert(priority))
        self.keys = keys
        if section.signal == "logs", source == .record, attribute.isEmpty {
            section.warn(
                "attribute_source", "is 'record', but there is no from_attribute to hash",
                hint: "write from_attribute with the name of an attribute")
        }
    }
}

/// Decides log record by log record, and writes randomness and threshold into the attributes of
/// those kept.
struct LogSampler: Rewriter {
    private let rule: SamplingRule
    private let options: LogSamplingOptions
    private(set) var tally = SamplingTally()
    private var values: [Range<Int>]
    private let scratch = Scratch()
    private let thresholdKey = Array("sampling.threshold".utf8)
    private let randomnessKey = Array("sampling.randomness".utf8)

    /// What is used again for each record.
    private final class Scratch {
        var list = AttributeList()
    }

    init(_ rule: SamplingRule, _ options: LogSamplingOptions) {
        self.rule = rule
        self.options = options
        values = [Range<Int>](repeating: 0..<0, count: options.keys.count)
    }

    mutating func rewriteRecord(
        _ record: borrowing Record, into output: inout ByteBuffer
    ) -> Rewriting {
        let message = record.message
        _ = options.keys.find(in: message, LogRecordTag.attributes, into: &values)
        var arriving: Threshold?
        var explicit: RandomValue?
        var isMalformed = false
        if let text = text(options.positions.threshold, in: message) {
            arriving = Threshold(text)
            isMalformed = arriving == nil
        }
        if let text = text(options.positions.randomness, in: message) {
            explicit = RandomValue(text)
            isMalformed = isMalformed || explicit == nil
        }
        var finding = rule.finding(
            hashed: rule.mode == .hashSeed ? hashed(record.traceID, message) : nil,
            record.traceID, explicit: explicit, arriving: arriving, isMalformed: isMalformed)
        if finding.source == .missing { finding.isNew = false }
        if !finding.isFaulty, let threshold = arriving, !threshold.keeps(finding.randomness) {
            arriving = nil
            finding.isFaulty = true
        }
        var threshold = rule.threshold(isFaulty: finding.isFaulty, arriving: arriving)
        if let priority = priority(in: message) {
            threshold = priority
            finding.source = .priority
        }
        let isKept = threshold.keeps(finding.randomness)
        tally.add(finding.source, isKept: isKept)
        guard isKept else { return .remove }
        let isLower = arriving.map { threshold < $0 } ?? false
        guard finding.isWritable, finding.isNew || !isLower else { return .keep }
        write(
            message, finding.isNew ? finding.randomness : nil, isLower ? nil : threshold,
            into: &output)
        return .amend
    }

    /// The value of a key's attribute if it is a string that is not empty.
    @_lifetime(copy message)
    private func text(_ position: Int, in message: borrowing Message) -> RawSpan? {
        let range = values[position]
        if range.lowerBound < 0 { return nil }
        let value = message.value(at: range)
        return value.bytes.isEmpty ? nil : value.string
    }

    private func hashed(_ id: TraceID?, _ message: borrowing Message) -> SamplingFinding? {
        if options.source == .traceID, let id, !id.isZero {
            return SamplingFinding(rule.hash(id), .traceIDHash)
        }
        guard let position = options.positions.attribute, values[position].lowerBound >= 0 else {
            return nil
        }
        let value = message.value(at: values[position])
        if value.kind == .bytes || value.kind == .string { return hashed(value.bytes) }
        var text = ByteBuffer()
        value.appendText(to: &text)
        return hashed(text.bytes)
    }

    private func hashed(_ bytes: RawSpan) -> SamplingFinding? {
        bytes.isEmpty ? nil : SamplingFinding(rule.hash(bytes), .attribute)
    }

    /// The threshold for the percentage in the record, if it is one.
    private func priority(in message: borrowing Message) -> Threshold? {
        guard let position = options.positions.priority, values[position].lowerBound >= 0 else {
            return nil
        }
        let value = message.value(at: values[position])
        guard let percentage = value.double ?? value.int.map(Double.init) else { return nil }
        return Threshold(probability: percentage / 100, precision: rule.precision)
    }

    private func write(
        _ message: borrowing Message, _ randomness: RandomValue?, _ threshold: Threshold?,
        into output: inout ByteBuffer
    ) {
        scratch.list.load(message, LogRecordTag.attributes)
        if let randomness {
            let start = scratch.list.values.count
            let mark = scratch.list.values.open(AnyValueTag.string)
            randomness.append(to: &scratch.list.values)
            scratch.list.values.close(mark)
            scratch.list.put(randomnessKey.span.bytes, valueFrom: start, in: message)
        }
        if let threshold {
            let start = scratch.list.values.count
            let mark = scratch.list.values.open(AnyValueTag.string)
            threshold.append(to: &scratch.list.values)
            scratch.list.values.close(mark)
            scratch.list.put(thresholdKey.span.bytes, valueFrom: start, in: message)
        }
        scratch.list.write(message, LogRecordTag.attributes, into: &output)
    }
}

import Configuration
import OTLP
import RegularExpressions

/// The policies that look at a trace, and not at other policies.
extension PolicyReader {
    private static let largestRate = 1_000_000_000_000

    mutating func readLatency(from section: inout Section, into made: inout Made) {
        let threshold = section.take(
            "threshold_ms", default: 0,
            "the shortest trace to sample; with upper_threshold_ms, the longest one not to")
        let upper = section.take(
            "upper_threshold_ms", default: 0, "the longest trace to sample; 0 means no limit")
        if upper > 0 && upper <= threshold {
            section.refuse(
                "upper_threshold_ms",
                "is \(upper), but must be more than threshold_ms, which is \(threshold)")
        }
        made.node = .fact(
            gatherer.addLatency(threshold: Int64(threshold), upperThreshold: Int64(upper)),
            isInverted: false)
        made.summary =
            upper > 0
            ? "latency more than \(threshold) ms, at most \(upper) ms"
            : "latency of at least \(threshold) ms"
    }

    mutating func readNumericAttribute(from section: inout Section, into made: inout Made) {
        let key = section.takeRequired("key", "the attribute, of a span or a resource")
        let least = section.take(
            "min_value", default: 0, in: .min ... .max,
            "the smallest value to sample; 0 means no limit")
        let most = section.take(
            "max_value", default: 0, in: .min ... .max,
            "the largest value to sample; 0 means no limit")
        let isInverted = takeInversion(from: &section)
        let range =
            Int64(
                least == 0 ? .min : least)...max(
                Int64(least == 0 ? .min : least), Int64(most == 0 ? .max : most))
        if least == 0 && most == 0 {
            section.refuse(
                "has neither min_value nor max_value",
                hint: "0 counts as not given, as in otelcol, which crashes without both")
        } else if least != 0 && most != 0 && most < least {
            section.refuse(
                "max_value", "is \(most), but must not be less than min_value, which is \(least)")
        } else {
            for bound in ["min_value", "max_value"] where section.contains(bound) {
                let isZero = bound == "min_value" ? least == 0 : most == 0
                if isZero { section.warn(bound, "is 0, which means no limit, as in otelcol") }
            }
        }
        made.node = .fact(gatherer.addAttribute(key, .integer(range)), isInverted: isInverted)
        made.summary = "numeric_attribute \(key)" + (isInverted ? ", inverted" : "")
    }

    mutating func readProbabilistic(from section: inout Section, into made: inout Made) {
        let salt = section.take(
            "hash_salt", default: "",
            "what is hashed before the trace id; otelcol's default-hash-seed if empty")
        let percentage = section.take(
            "sampling_percentage", default: 0.0, in: 0...Double.greatestFiniteMagnitude,
            "the share of traces to sample; 100 or more is all")
        made.node = .probability(ProbabilityThreshold(percentage: percentage, salt: salt))
        made.summary = "probabilistic \(percentage) %"
    }

    mutating func readStatusCode(from section: inout Section, into made: inout Made) {
        let codes = section.takeList(
            "status_codes", of: .choice(of: StatusCode.self),
            "a span's status to sample: OK, ERROR or UNSET")
        if codes.isEmpty && !section.contains("status_codes") {
            section.refuse("status_codes", "must be given", hint: "OK, ERROR or UNSET")
        } else if codes.isEmpty {
            section.refuse("status_codes", "has no code", hint: "OK, ERROR or UNSET")
        }
        made.node = .fact(gatherer.addStatus(codes.map(\.status)), isInverted: false)
        made.summary = "status_code " + codes.map(\.rawValue).joined(separator: " or ")
    }

    mutating func readStringAttribute(from section: inout Section, into made: inout Made) {
        let key = section.takeRequired("key", "the attribute, of a span or a resource")
        let isPattern = section.take(
            "enabled_regex_matching", default: false,
            "whether values are regular expressions (RE2), found anywhere in the attribute")
        let cacheLimit = section.take(
            "cache_max_size", default: 128, in: 0...65_536,
            "results of expressions to remember, by value; 0 means 128")
        let isInverted = takeInversion(from: &section)
        let test: AttributeTest
        let count: Int
        if isPattern {
            let patterns = section.takeList(
                "values", of: .pattern, "the values or expressions of which one must match")
            count = patterns.count
            test = .matching(
                Self.joined(patterns), cacheLimit: cacheLimit > 0 ? cacheLimit : 128)
        } else {
            let values = section.takeStrings(
                "values", "the values or expressions of which one must match")
            count = values.count
            test = .oneOf(ByteStringSet(values.filter { !$0.isEmpty }))
        }
        if count == 0 { section.warn("has no values, so that no attribute matches") }
        made.node = .fact(gatherer.addAttribute(key, test), isInverted: isInverted)
        made.summary = "string_attribute \(key)" + (isInverted ? ", inverted" : "")
    }

    /// As few expressions as will do; one is searched for in the same time as any of its parts.
    private static func joined(_ patterns: [Pattern]) -> [Pattern] {
        stride(from: 0, to: patterns.count, by: 100).flatMap { start in
            let chunk = Array(patterns[start..<min(start + 100, patterns.count)])
            // A quotation that is left open would go on into the next one.
            if chunk.contains(where: { $0.text.contains("\\Q") }) { return chunk }
            let alternatives = chunk.map { "(?:\($0.text))" }.joined(separator: "|")
            guard chunk.count > 1, let one = try? Pattern(alternatives) else { return chunk }
            return [one]
        }
    }

    mutating func readBooleanAttribute(from section: inout Section, into made: inout Made) {
        let key = section.takeRequired("key", "the attribute, of a span or a resource")
        let value = section.take("value", default: false, "the value to sample")
        let isInverted = takeInversion(from: &section)
        made.node = .fact(gatherer.addAttribute(key, .boolean(value)), isInverted: isInverted)
        made.summary = "boolean_attribute \(key)" + (isInverted ? ", inverted" : "")
    }

    private func takeInversion(from section: inout Section) -> Bool {
        section.take(
            "invert_match", default: false,
            "whether to sample traces in which nothing matches, instead")
    }

    mutating func readTraceState(from section: inout Section, into made: inout Made) {
        let key = section.takeRequired("key", "the key of a span's tracestate")
        let values = section.takeStrings("values", "the values of which one must be there")
        for value in values where value.utf8.count + key.utf8.count >= 256 {
            section.warn("values", "has a value that is too long to be in a tracestate")
        }
        if values.isEmpty { section.warn("has no values, so that no tracestate matches") }
        made.node = .fact(gatherer.addTraceState(key, values), isInverted: false)
        made.summary = "trace_state \(key)"
    }

    mutating func readSpanCount(from section: inout Section, into made: inout Made) {
        let least = section.take(
            "min_spans", default: 0, in: 0...Int(Int32.max), "the fewest spans to sample")
        let most = section.take(
            "max_spans", default: 0, in: 0...Int(Int32.max),
            "the most spans to sample; 0 means no limit")
        if most > 0 && most < least {
            section.refuse(
                "max_spans", "is \(most), but must not be less than min_spans, which is \(least)")
        }
        made.node = .spanCount(atLeast: least, atMost: most)
        made.summary =
            "span_count of at least \(least)" + (most > 0 ? ", at most \(most)" : "")
    }

    mutating func readLimit(
        _ type: PolicyType, from section: inout Section, into made: inout Made
    ) {
        let isBytes = type == .bytesLimiting
        let key = isBytes ? "bytes_per_second" : "spans_per_second"
        let rate = section.takeRequired(
            key, in: 1...Self.largestRate, "how much to sample in a second, in the long run")
        let burst = section.take(
            "burst_capacity", default: 0, in: 0...Self.largestRate,
            "how much to sample at once; 0 means twice the rate")
        let bucket = TokenBucket(tokensPerSecond: rate, capacity: burst > 0 ? burst : rate * 2)
        state.buckets.append(bucket)
        let position = state.buckets.count - 1
        made.node = isBytes ? .byteTokens(position) : .spanTokens(position)
        made.summary = "\(type.rawValue) \(rate)/s"
    }
}

/// How otelcol's users write a status.
private enum StatusCode: String, CaseIterable {
    case ok = "OK"
    case error = "ERROR"
    case unset = "UNSET"

    var status: SpanStatus {
        switch self {
        case .ok: .ok
        case .error: .error
        case .unset: .unset
        }
    }
}

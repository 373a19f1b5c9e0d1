import Configuration
import OTLP

/// Makes policies of the configuration, and what they share: facts, buckets, counters.
struct PolicyReader {
    var gatherer = FactGatherer()
    var state = PolicyState()

    /// A policy and what it says of itself.
    struct Made {
        var name = ""
        var node = PolicyNode.not(.always)
        var summary = ""
        var partNames: [String] = []
    }

    /// The policies in the order in which they are evaluated: those that drop come first.
    mutating func readPolicies(from section: inout Section) -> [Policy] {
        var names: Set<String> = []
        let made = section.takeSections(
            "policies", "what to sample; a trace is kept if one of them samples and none drops it"
        ) { section in
            let made = readPolicy(from: &section, in: .list)
            if !made.name.isEmpty, !names.insert(made.name).inserted {
                section.refuse("name", "is '\(made.name)', as that of another policy")
            }
            return Policy(
                name: made.name, node: made.node, summary: made.summary,
                partNames: made.partNames)
        }
        return made.filter(\.isDrop) + made.filter { !$0.isDrop }
    }

    mutating func readPolicy(from section: inout Section, in place: PolicyPlace) -> Made {
        var made = Made()
        made.name =
            place == .list
            ? section.takeRequired("name", "the policy's name in metrics and reasons")
            : section.take("name", default: "", "the policy's name")
        let type = section.takeRequired(
            "type", as: .policy(in: place), "what the policy looks at")
        // Policies within others have the same options; they are described once.
        if section.isDescribing && place != .list { return made }
        for candidate in place.types where candidate.hasSection {
            readSection(of: candidate, if: type, from: &section, into: &made)
        }
        switch type {
        case .alwaysSample:
            made.node = .always
            made.summary = "always_sample"
        case .traceFlags:
            made.node = .fact(gatherer.addFlags(), isInverted: false)
            made.summary = "trace_flags"
        default: break
        }
        return made
    }

    private mutating func readSection(
        of candidate: PolicyType, if type: PolicyType?, from section: inout Section,
        into made: inout Made
    ) {
        let key = candidate.rawValue
        guard section.isDescribing || candidate == type else {
            guard section.contains(key) else { return }
            _ = section.takeNode(key, type: "section", "")
            if let type {
                section.warn(key, "has no effect: the policy's type is \(type.rawValue)")
            }
            return
        }
        section.takeSection(key, "options of the type \(key)") { section in
            read(candidate, from: &section, into: &made)
        }
    }

    private mutating func read(
        _ type: PolicyType, from section: inout Section, into made: inout Made
    ) {
        switch type {
        case .latency: readLatency(from: &section, into: &made)
        case .numericAttribute: readNumericAttribute(from: &section, into: &made)
        case .probabilistic: readProbabilistic(from: &section, into: &made)
        case .statusCode: readStatusCode(from: &section, into: &made)
        case .stringAttribute: readStringAttribute(from: &section, into: &made)
        case .rateLimiting, .bytesLimiting: readLimit(type, from: &section, into: &made)
        case .spanCount: readSpanCount(from: &section, into: &made)
        case .traceState: readTraceState(from: &section, into: &made)
        case .booleanAttribute: readBooleanAttribute(from: &section, into: &made)
        case .ottlCondition: readCondition(from: &section, into: &made)
        case .and: readAnd(from: &section, into: &made)
        case .not: readNot(from: &section, into: &made)
        case .drop: readDrop(from: &section, into: &made)
        case .composite: readComposite(from: &section, into: &made)
        case .adaptive: readAdaptive(from: &section, into: &made)
        case .alwaysSample, .traceFlags: break
        }
    }
}

import Configuration

/// The policies that are made of others.
extension PolicyReader {
    mutating func readAnd(from section: inout Section, into made: inout Made) {
        let parts = takeParts("and_sub_policy", in: .conjunct, from: &section)
        if parts.isEmpty { section.warn("has no and_sub_policy, so that it samples every trace") }
        made.node = .all(parts.map(\.node))
        made.summary = parts.map(\.summary).joined(separator: " and ")
    }

    mutating func readDrop(from section: inout Section, into made: inout Made) {
        let parts = takeParts("drop_sub_policy", in: .conjunct, from: &section)
        if parts.isEmpty {
            section.refuse(
                "has no drop_sub_policy, so that it would drop every trace",
                hint: "write what is to be dropped; all of them must match")
        }
        made.node = .drop(parts.map(\.node))
        made.summary = parts.map(\.summary).joined(separator: " and ")
    }

    mutating func readNot(from section: inout Section, into made: inout Made) {
        let part = section.takeSection("not_sub_policy", "the policy whose opposite is meant") {
            readPolicy(from: &$0, in: .negated)
        }
        made.node = .not(part.node)
        made.summary = "not " + part.summary
    }

    private mutating func takeParts(
        _ key: String, in place: PolicyPlace, from section: inout Section
    ) -> [Made] {
        section.takeSections(key, "policies that must all sample, with options as in policies") {
            readPolicy(from: &$0, in: place)
        }
    }

    // MARK: - Composite

    mutating func readComposite(from section: inout Section, into made: inout Made) {
        let limit = section.takeRequired(
            "max_total_spans_per_second", in: 1...Int(Int64.max),
            "spans that each sub-policy may sample in a second, whatever its share")
        let order = section.takeStrings("policy_order", "names; has no effect, as in otelcol")
        let parts = section.takeSections(
            "composite_sub_policy", "policies, of which the first that samples counts"
        ) { readPolicy(from: &$0, in: .allocated) }
        let names = parts.map(\.name)
        let shares = takeShares(from: &section, names)
        if parts.isEmpty { section.warn("has no composite_sub_policy, so that it samples nothing") }
        checkOrder(order, names, in: section)

        let allocated = parts.map { part in
            CompositePolicy.Part(
                node: part.node,
                allocation: Self.allocation(shares[part.name], limit, parts.count))
        }
        state.composites.append(CompositePolicy(allocated, totalLimit: limit))
        made.node = .composite(state.composites.count - 1)
        made.summary = "composite"
        made.partNames = names
    }

    private func takeShares(from section: inout Section, _ names: [String]) -> [String: Int] {
        var shares: [String: Int] = [:]
        _ = section.takeSections("rate_allocation", "what part of the total each may use") {
            (section: inout Section) in
            let name = section.takeRequired("policy", "the name of a sub-policy")
            let percent = section.take(
                "percent", default: 0, in: 0...100,
                "the part of the total; 0 means the same as every other")
            if !name.isEmpty, !names.contains(name) {
                section.refuse(
                    "policy", "is '\(name)', which is no composite_sub_policy",
                    hint: NearMiss.hint(for: name, "they are", names))
            }
            shares[name] = percent
        }
        for name in names where shares[name] == nil && !section.isDescribing {
            section.warn(
                "rate_allocation", "has nothing for '\(name)', which therefore never samples",
                hint: "add {policy: \(name), percent: …}")
        }
        return shares
    }

    /// otelcol's arithmetic.
    private static func allocation(_ percent: Int?, _ limit: Int, _ count: Int) -> Int {
        guard let percent else { return 0 }
        let share =
            percent > 0
            ? Double(percent) / 100 * Double(limit) : Double(limit) / Double(max(count, 1))
        return Int(exactly: share.rounded(.towardZero)) ?? .max
    }

    /// The order is that of the sub-policies themselves.
    private func checkOrder(_ order: [String], _ names: [String], in section: Section) {
        guard !order.isEmpty, order != names else { return }
        if let stranger = order.first(where: { !names.contains($0) }) {
            section.refuse(
                "policy_order", "has '\(stranger)', which is no composite_sub_policy",
                hint: NearMiss.hint(for: stranger, "they are", names))
        } else {
            section.warn(
                "policy_order",
                "has no effect: policies are tried as composite_sub_policy has them",
                hint: "put composite_sub_policy in the same order")
        }
    }
}

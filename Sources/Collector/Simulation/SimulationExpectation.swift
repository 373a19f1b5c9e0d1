import Configuration

/// What should come out of a simulation, as `--expect` says it: `errors kept 100%`.
///
///     expectation = what ("kept" | "dropped") [operator] amount
///     what        = "all" | "spans" | "traces" | "errors" | "slow" ["(>" duration ")"]
///                 | "service=" name | "policy=" name | "reason=" name
///     operator    = "=" | "!=" | ">=" | "<=" | ">" | "<"            without one, "="
///     amount      = number ["%"]
struct SimulationExpectation {
    /// Of what a share or a number is expected.
    enum Subject: Equatable {
        case all, spans, traces, errors
        case slow(Duration)
        case service(String)
        case policy(String)
        case reason(String)
    }

    enum Comparison: String, CaseIterable {
        // Longer ones first: `>=` begins with `>`.
        case atLeast = ">="
        case atMost = "<="
        case different = "!="
        case same = "=="
        case equal = "="
        case more = ">"
        case less = "<"
    }

    enum Amount: Equatable {
        case percent(Double)
        case count(Int)
    }

    /// Slow is longer than this, unless it is said.
    static let slowThreshold = Duration.seconds(2)

    /// As it was written.
    let text: String
    let subject: Subject
    let isAboutKept: Bool
    let comparison: Comparison
    let amount: Amount

    init(_ text: String) throws(Mismatch) {
        self.text = text
        var words = text.split(separator: " ").map(String.init)
        guard let verb = words.lastIndex(where: { $0 == "kept" || $0 == "dropped" }) else {
            throw Mismatch("'\(text)' says neither kept nor dropped", hint: Self.example)
        }
        isAboutKept = words[verb] == "kept"
        subject = try Self.subject(words[..<verb].joined(separator: " "))
        words.removeFirst(verb + 1)
        var rest = words.joined()
        comparison = Comparison.allCases.first { rest.hasPrefix($0.rawValue) } ?? .equal
        if rest.hasPrefix(comparison.rawValue) {
            rest.removeFirst(comparison.rawValue.count)
        }
        amount = try Self.amount(rest)
    }

    private static let example = "write, for example, 'errors kept 100%' or 'spans dropped >= 10'"

    private static func subject(_ text: String) throws(Mismatch) -> Subject {
        switch text {
        case "all": return .all
        case "spans": return .spans
        case "traces": return .traces
        case "errors": return .errors
        case "slow": return .slow(slowThreshold)
        default: break
        }
        for (prefix, make) in named where text.hasPrefix(prefix) && text.count > prefix.count {
            return make(String(text.dropFirst(prefix.count)))
        }
        if text.hasPrefix("slow("), text.hasSuffix(")") {
            let inner = text.dropFirst(5).dropLast().filter { $0 != " " && $0 != ">" }
            guard let threshold = Duration(goText: String(inner)), threshold >= .zero else {
                throw Mismatch("'\(inner)' is not a duration", hint: "write slow(>2s)")
            }
            return .slow(threshold)
        }
        throw Mismatch(
            "'\(text)' cannot be kept or dropped",
            hint: "write all, spans, traces, errors, slow(>2s), service=NAME, policy=NAME or "
                + "reason=NAME")
    }

    private static let named: [(String, @Sendable (String) -> Subject)] = [
        ("service=", { .service($0) }), ("policy=", { .policy($0) }), ("reason=", { .reason($0) }),
    ]

    private static func amount(_ text: String) throws(Mismatch) -> Amount {
        let hint = "write a number, or a share such as 99.5%"
        if text.hasSuffix("%") {
            let digits = text.dropLast()
            guard let percent = Double(digits), (0...100).contains(percent) else {
                throw Mismatch("'\(text)' is not a share between 0% and 100%", hint: hint)
            }
            return .percent(percent)
        }
        guard let count = Int(text), count >= 0 else {
            throw Mismatch("'\(text)' is not an amount", hint: hint)
        }
        return .count(count)
    }
}

/// How many there were, and what became of them.
struct Share: Equatable {
    var total = 0
    var kept = 0

    var dropped: Int { total - kept }

    mutating func add(isKept: Bool) {
        total += 1
        if isKept { kept += 1 }
    }

    /// `12.3 %`, rounded; of nothing, `–`.
    static func percent(_ part: Int, of total: Int) -> String {
        guard total > 0 else { return "–" }
        // Shares that are not whole are not shown as if they were.
        var thousandths = Int((Double(part) / Double(total) * 1_000).rounded())
        if thousandths == 1_000, part < total { thousandths = 999 }
        if thousandths == 0, part > 0 { thousandths = 1 }
        return "\(thousandths / 10).\(thousandths % 10) %"
    }
}

extension SimulationExpectation {
    /// Whether it holds. A share of nothing shows nothing, so it does not.
    func holds(for share: Share) -> Bool {
        let number = isAboutKept ? share.kept : share.dropped
        switch amount {
        case .count(let count): return compare(Double(number), Double(count))
        case .percent(let percent):
            guard share.total > 0 else { return false }
            return compare(Double(number) / Double(share.total) * 100, percent)
        }
    }

    private func compare(_ left: Double, _ right: Double) -> Bool {
        switch comparison {
        case .atLeast: left >= right
        case .atMost: left <= right
        case .different: left != right
        case .same, .equal: left == right
        case .more: left > right
        case .less: left < right
        }
    }

    /// `98.2 % (54 of 55)`
    func actual(_ share: Share) -> String {
        let number = isAboutKept ? share.kept : share.dropped
        let verb = isAboutKept ? "kept" : "dropped"
        if share.total == 0 { return "there are none" }
        return "\(verb) \(Share.percent(number, of: share.total)) (\(number) of \(share.total))"
    }
}

import OTLP

/// A JSON text being made.
indirect enum JSONTree {
    case null
    case bool(Bool)
    case number(Int)
    case fraction(Double)
    case text(String)
    case list([JSONTree])
    case object([(key: String, value: JSONTree)])

    /// Indented by two spaces a level.
    var description: String {
        var text = ""
        write(to: &text, indent: "")
        return text
    }

    private func write(to text: inout String, indent: String) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .number(let value): text += "\(value)"
        case .fraction(let value): text += "\(value)"
        case .text(let value): Self.write(value, to: &text)
        case .list(let values):
            if values.isEmpty { return text += "[]" }
            text += "["
            for (index, value) in values.enumerated() {
                text += (index > 0 ? ",\n  " : "\n  ") + indent
                value.write(to: &text, indent: indent + "  ")
            }
            text += "\n\(indent)]"
        case .object(let members):
            if members.isEmpty { return text += "{}" }
            text += "{"
            for (index, member) in members.enumerated() {
                text += (index > 0 ? ",\n  " : "\n  ") + indent
                Self.write(member.key, to: &text)
                text += ": "
                member.value.write(to: &text, indent: indent + "  ")
            }
            text += "\n\(indent)}"
        }
    }

    /// RFC 8259 §7.
    private static func write(_ value: String, to text: inout String) {
        text += "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}

extension SimulationReport {
    /// For programs: keys stay, and are only added. Described in `docs/simulate.md`.
    func json(against other: String?) -> String {
        var members: [(String, JSONTree)] = [
            ("version", .number(1)),
            (
                "input",
                .object([
                    ("requests", .number(requestCount)),
                    ("items", .counts(items.map { ($0.signal.rawValue, $0.count) })),
                    ("ignored", .counts(ignored.map { ($0.signal.rawValue, $0.count) })),
                    ("traces", .number(traceCount)),
                    ("first_time", times.map { .text(Self.timestamp($0.first)) } ?? .null),
                    ("last_time", times.map { .text(Self.timestamp($0.last)) } ?? .null),
                ])
            ),
            ("pipelines", .list(pipelines.map(\.json))),
        ]
        if other != nil { members.append(("comparisons", .list(comparisons.map(\.json)))) }
        members.append(("expectations", .list(checks.map(\.json))))
        return JSONTree.object(members).description + "\n"
    }
}

extension JSONTree {
    fileprivate static func counts(_ counts: [(String, Int)]) -> JSONTree {
        .object(counts.map { ($0.0, .number($0.1)) })
    }

    fileprivate static func counts(_ counts: [String: Int]) -> JSONTree {
        Self.counts(counts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
    }
}

extension Share {
    fileprivate var json: JSONTree {
        let share = total > 0 ? Double(kept) / Double(total) : nil
        return .object([
            ("total", .number(total)), ("kept", .number(kept)), ("dropped", .number(dropped)),
            ("share", share.map { .fraction(($0 * 1e6).rounded() / 1e6) } ?? .null),
        ])
    }
}

extension SimulationReport.PipelineReport {
    fileprivate var json: JSONTree {
        var members: [(String, JSONTree)] = [
            ("id", .text(id)), ("signal", .text(signal.rawValue)), ("items", items.json),
            ("processors", .list(stages.map(\.json))),
        ]
        if let traces {
            members += [
                ("traces", traces.all.json), ("errors", traces.errors.json),
                ("slow", traces.slow.json), ("partial_traces", .number(traces.partial)),
                (
                    "decisions",
                    .list(
                        traces.decisions.map { decision, count, spans in
                            .object([
                                ("policy", decision.policy.map { .text($0) } ?? .null),
                                ("reason", .text(decision.reason)),
                                ("kept", .bool(decision.isKept)), ("traces", .number(count)),
                                ("spans", .number(spans)),
                            ])
                        })
                ),
            ]
        }
        let hasTraces = traces != nil
        members.append(("services", .list(services.map { $0.json(hasTraces) })))
        return .object(members)
    }
}

extension SimulationReport.ServiceReport {
    fileprivate func json(_ hasTraces: Bool) -> JSONTree {
        var members: [(String, JSONTree)] = [("name", .text(name)), ("items", items.json)]
        if hasTraces {
            members += [
                ("traces", traces.json), ("errors", errors.json), ("slow", slow.json),
            ]
        }
        return .object(members)
    }
}

extension SimulatedStage {
    fileprivate var json: JSONTree {
        .object([
            ("id", .text(id)), ("simulated", .bool(!isBypassed)), ("in", .number(incoming)),
            ("out", .number(outgoing)), ("dropped", .counts(dropped)),
        ])
    }
}

extension SimulationComparison {
    fileprivate var json: JSONTree {
        .object([
            ("pipeline", .text(pipeline)), ("exists", .bool(isThere)),
            ("items_kept", .number(keptItems)), ("items_kept_before", .number(otherKeptItems)),
            ("kept_by_both", .number(keptByBoth)), ("only_new", onlyNew.json),
            ("only_old", onlyOld.json),
        ])
    }
}

extension SimulationComparison.Difference {
    fileprivate var json: JSONTree {
        .object([
            ("traces", .number(count)), ("by_policy", .counts(policies)),
            ("by_service", .counts(services)), ("examples", .list(examples.map { .text($0) })),
        ])
    }
}

extension SimulationReport.Check {
    fileprivate var json: JSONTree {
        .object([
            ("pipeline", .text(pipeline)), ("expected", .text(expectation.text)),
            ("actual", .text(expectation.actual(share))), ("holds", .bool(holds)),
        ])
    }
}

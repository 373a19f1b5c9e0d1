import Configuration
import OTLP
import OTTL

/// What the options of one signal are called, and which contexts they have.
private struct SignalOptions {
    let signal: Signal
    /// The list that is written today.
    let conditionsKey: String
    /// Lists by context that were written before; the context's key and itself.
    let section: String
    let contexts: [(key: String, context: PathContext, what: String)]
    let nearby: [PathContext]

    static let traces = SignalOptions(
        signal: .traces, conditionsKey: "trace_conditions", section: "traces",
        contexts: [
            ("resource", .resource, "resources"), ("span", .span, "spans"),
            ("spanevent", .spanevent, "span events"),
        ],
        nearby: [.resource, .scope, .span, .spanevent])

    static let metrics = SignalOptions(
        signal: .metrics, conditionsKey: "metric_conditions", section: "metrics",
        contexts: [
            ("resource", .resource, "resources"), ("metric", .metric, "metrics"),
            ("datapoint", .datapoint, "data points"),
        ],
        nearby: [.resource, .scope, .metric, .datapoint])

    static let logs = SignalOptions(
        signal: .logs, conditionsKey: "log_conditions", section: "logs",
        contexts: [
            ("resource", .resource, "resources"), ("log_record", .log, "log records"),
        ],
        nearby: [.resource, .scope, .log])
}

extension FilterRules {
    static func traces(from section: inout Section, _ mode: ErrorMode) -> FilterRules {
        let options = SignalOptions.traces
        let groups = section.takeGroups(options, mode)
        let lists = section.takeBlock("traces", "conditions by context, OTTL's older form") {
            (section: inout Section) in section.takeLists(options, mode)
        }
        let choice = section.takeBlock("spans", "spans to keep, the form before OTTL") {
            (section: inout Section) in
            section.signal = Signal.traces.rawValue
            return RecordChoice(IncludeExclude(from: &section))
        }
        return FilterRules(groups, lists ?? nil, choice, options, &section)
    }

    static func metrics(from section: inout Section, _ mode: ErrorMode) -> FilterRules {
        let options = SignalOptions.metrics
        let groups = section.takeGroups(options, mode)
        let doc = "conditions by context, OTTL's older form, or what to include and exclude"
        let block = section.takeBlock("metrics", doc) { (section: inout Section) in
            let lists = section.takeLists(options, mode)
            section.takePatternCache()
            return (lists, RecordChoice.metrics(from: &section))
        }
        return FilterRules(groups, block?.0, block?.1, options, &section)
    }

    static func logs(from section: inout Section, _ mode: ErrorMode) -> FilterRules {
        let options = SignalOptions.logs
        let groups = section.takeGroups(options, mode)
        let doc = "conditions by context, OTTL's older form, or what to include and exclude"
        let block = section.takeBlock("logs", doc) { (section: inout Section) in
            (section.takeLists(options, mode), RecordChoice.logs(from: &section))
        }
        return FilterRules(groups, block?.0, block?.1, options, &section)
    }

    /// At most one of the three forms may be written.
    private init(
        _ groups: [ConditionGroup]?, _ lists: ConditionGroup?, _ choice: RecordChoice?,
        _ options: SignalOptions, _ section: inout Section
    ) {
        let key = options.conditionsKey
        let block = options.section
        let listKeys = options.contexts.map { "\(block).\($0.key)" }.joined(separator: ", ")
        let oldBlock = options.signal == .traces ? "spans" : block
        let choiceKeys = "\(oldBlock).include, \(oldBlock).exclude"
        if groups != nil, lists != nil || choice != nil {
            let others = lists != nil ? listKeys : choiceKeys
            section.refuse(
                key, "cannot be used together with \(others)",
                hint: "write all conditions for \(options.signal.rawValue) in \(key)")
        } else if lists != nil, choice != nil {
            section.refuse(
                oldBlock, "has conditions and include or exclude, of which only one can be used",
                hint: "\(choiceKeys) can be written as conditions in \(key)")
        }
        if let groups {
            self = groups.allSatisfy(\.isEmpty) ? .none : .conditions(groups)
        } else if let lists {
            self = .conditions([lists])
        } else if let choice {
            self = choice.keepsAll ? .none : .matching(choice)
        } else {
            self = .none
        }
    }
}

extension Section {
    /// The list of conditions, or of groups of them; `nil` if it is not written.
    fileprivate mutating func takeGroups(
        _ options: SignalOptions, _ mode: ErrorMode
    ) -> [ConditionGroup]? {
        let key = options.conditionsKey
        let doc = "OTTL conditions, or groups of them; what one of them holds for is dropped"
        guard !isDescribing else {
            _ = takeSections(key, doc) { $0.takeGroup(options, mode) }
            return nil
        }
        guard let node = takeNode(key, type: "list", doc), !node.isNull else { return nil }
        let items = node.sequence ?? []
        let groupCount = items.count { $0.mapping != nil }
        guard groupCount > 0 else {
            let conditions = takeList(key, of: .inferredCondition(among: options.nearby), doc)
            if conditions.isEmpty { return nil }
            var group = ConditionGroup(mode: mode)
            for (context, condition) in conditions { group.add(condition, in: context) }
            return [group]
        }
        guard groupCount == items.count else {
            refuse(
                key, "mixes conditions and groups of conditions",
                hint: "write only conditions, or only groups such as {conditions: [...]}")
            return nil
        }
        return takeSections(key, doc) { $0.takeGroup(options, mode) }
    }

    private mutating func takeGroup(
        _ options: SignalOptions, _ mode: ErrorMode
    ) -> ConditionGroup {
        let context = takeOptional(
            "context", as: .context(among: options.nearby),
            "what the conditions are about; told from their paths without")
        let mode =
            takeOptional(
                "error_mode", as: .choice(of: ErrorMode.self, ignoringCase: true),
                "as above, for this group")
            ?? mode
        let doc = "OTTL conditions"
        var group = ConditionGroup(mode: mode)
        if let context {
            for condition in takeConditions("conditions", of: .condition(in: context, .either), doc)
            { group.add(condition, in: context) }
        } else {
            let type = OptionType.inferredCondition(among: options.nearby)
            for (context, condition) in takeConditions("conditions", of: type, doc) {
                group.add(condition, in: context)
            }
        }
        return group
    }

    /// The lists by context; `nil` if none is written.
    fileprivate mutating func takeLists(
        _ options: SignalOptions, _ mode: ErrorMode
    ) -> ConditionGroup? {
        var group = ConditionGroup(mode: mode)
        var isWritten = false
        for (key, context, what) in options.contexts {
            isWritten = isWritten || contains(key)
            let conditions = takeConditions(
                key, of: .condition(in: context, .own), "OTTL conditions for \(what) to drop")
            for condition in conditions { group.add(condition, in: context) }
        }
        return isWritten ? group : nil
    }

    /// A list, or one condition as a string.
    private mutating func takeConditions<Value>(
        _ key: String, of type: OptionType<Value>, _ doc: String
    ) -> [Value] {
        if isDescribing { return takeList(key, of: type, doc) }
        guard let node = takeNode(key, type: "list", doc), node.scalar != nil, !node.isNull
        else { return takeList(key, of: type, doc) }
        return takeOptional(key, as: type, doc).map { [$0] } ?? []
    }
}

extension OptionType where Value == PathContext {
    fileprivate static func context(among contexts: [PathContext]) -> OptionType {
        let words = contexts.map(\.rawValue)
        return .text(
            "word", values: words,
            read: { (text) throws(Mismatch) in
                if let context = contexts.first(where: { $0.rawValue == text.lowercased() }) {
                    return context
                }
                throw Mismatch(
                    "is \(quoted(text)), but must be one of \(words.joined(separator: ", "))")
            },
            show: \.rawValue)
    }
}

extension OptionType where Value == Condition {
    /// An OTTL condition.
    static func condition(in context: PathContext, _ style: PathStyle) -> OptionType {
        .text(
            "condition",
            read: { (text) throws(Mismatch) in
                do throws(OTTLError) {
                    return try Condition(text, in: context, style)
                } catch {
                    throw error.mismatch
                }
            },
            show: \.text)
    }
}

extension OptionType where Value == (PathContext, Condition) {
    /// An OTTL condition whose context is told from its paths.
    static func inferredCondition(among contexts: [PathContext]) -> OptionType {
        .text(
            "condition",
            read: { (text) throws(Mismatch) in
                do throws(OTTLError) {
                    return try Condition.inferring(text, among: contexts)
                } catch {
                    throw error.mismatch
                }
            },
            show: \.1.text)
    }
}

extension OTTLError {
    /// For the diagnostic, which points into the expression.
    fileprivate var mismatch: Mismatch {
        Mismatch("is not a condition: \(message)", hint: hint, offset: offset)
    }
}

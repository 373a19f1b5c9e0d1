import OTTL

/// Statements that are executed together for each thing of one context, in order.
struct StatementGroup: Sendable {
    let context: PathContext
    /// If there are any, one of them has to hold before anything is executed.
    let conditions: [Condition]
    let editings: [Editing]
    let mode: ErrorMode
    /// What the index says of a record may be different afterwards.
    let affectsIndex: Bool

    init(
        in context: PathContext, conditions: [Condition], _ editings: [Editing], _ mode: ErrorMode
    ) {
        self.context = context
        self.conditions = conditions
        self.editings = editings
        self.mode = mode
        affectsIndex = editings.contains(where: \.affectsIndex)
    }
}

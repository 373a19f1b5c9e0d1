extension Inference {
    /// Finds the mistakes of a statement or condition that do not depend on its context.
    package static func check(_ text: String, isCondition: Bool) throws(OTTLError) {
        let bytes = Array(text.utf8)
        do throws(SyntaxMistake) {
            if isCondition {
                _ = try Parser.condition(bytes)
            } else {
                _ = try Parser.statement(bytes)
            }
        } catch {
            throw error.located(in: bytes)
        }
    }
}

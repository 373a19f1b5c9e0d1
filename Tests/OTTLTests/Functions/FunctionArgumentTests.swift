import OTTL
import TestSupport
import Testing

struct FunctionArgumentTests {
    /// Values of every kind, and the ends of their ranges; some only known for a record.
    static let arguments = [
        "nil", "true", "0", "-1", "9223372036854775807", "(-9223372036854775807 - 1)", "1.5",
        "1.0e300", #"Double("NaN")"#, #"Double("-Inf")"#, #""""#, #""a""#, #""é 1""#, #""%Y.%s""#,
        #""%z %Z""#, #""%+.1000f|%x|%q""#, #""1,2""#, #""10.0.0.0/8""#, #""(?P<a>.)(b)?""#,
        #""%{INT:n:int}""#, #""base64""#, #""lower""#, #""[{\"a\":[1e5]}]""#, #""http://h:1/%41""#,
        "0x",
        "0xff00ff", "[]", #"["a", 1, nil, [2]]"#, "{}", #"{"a": {"b": 1}, "min": 1}"#,
        #"Duration("-9223372036854775808ns")"#, #"Duration("1h")"#, "Unix(9223372036854775807)",
        "Unix(-9223372036854775807, -9223372036854775807)", "Now()", "start_time", "trace_id",
        "span_id", "status", "events", "attributes", "name", "trace_state",
        #"attributes["text"]"#, #"attributes["int"]"#, #"attributes["double"]"#,
        #"attributes["bytes"]"#, #"attributes["list"]"#, #"attributes["map"]"#,
        #"attributes["empty"]"#, #"attributes["no"]"#, #"attributes["digits"]"#,
    ]

    @Test(arguments: FunctionTable.standard.functions.map(\.name))
    func `no arguments make a function crash`(_ name: String) throws {
        let function = try #require(FunctionTable.standard.function(named: name))
        var generator = SeededGenerator(seed: UInt64(name.utf8.count))
        let context = function.contexts[0] == .metric ? PathContext.metric : .span
        guard context == .span else { return }
        var evaluated = 0

        for _ in 0..<200 {
            let count = Int.random(in: 0...function.parameters.count, using: &generator)
            let arguments = (0..<count).map { _ in
                Self.arguments[Int.random(in: 0..<Self.arguments.count, using: &generator)]
            }
            let call = "\(name)(\(arguments.joined(separator: ", ")))"
            guard let condition = try? Condition("\(call) != nil", in: context, .own)
            else { continue }
            _ = try Samples.withSubject(Samples.span, in: context) { subject in
                try? condition.holds(for: subject)
            }
            evaluated += 1
        }

        #expect(evaluated > 0)
    }
}

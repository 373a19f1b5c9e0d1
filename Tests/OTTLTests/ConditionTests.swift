import OTTL
import Testing

struct ConditionTests {
    @Test func `an attribute is compared with a literal`() throws {
        #expect(try holds(#"attributes["text"] == "abc""#))
        #expect(try !holds(#"attributes["text"] == "abd""#))
        #expect(try holds(#"IsMatch(attributes["url.path"], "^/(health|ready)")"#))
        #expect(try holds(#"kind == SPAN_KIND_SERVER and status.code == STATUS_CODE_ERROR"#))
        #expect(try holds(#"resource.attributes["service.name"] == "cart""#))
        #expect(try holds("end_time_unix_nano - start_time_unix_nano > 1000"))
        #expect(
            try holds(#"Concat([name, "x", attributes["no"], 5], "-") == "GET /health-x-<nil>-5""#))
        #expect(try !holds("IsRootSpan()"))
        #expect(try holds(#"instrumentation_scope.name == "lib""#))
    }
}

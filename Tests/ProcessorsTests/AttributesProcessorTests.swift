import ComponentTesting
import OTLP
import Pipeline
import Primitives
import Processors
import Testing

struct AttributesProcessorTests {
    /// Runs actions on one span's attributes.
    private func run(_ actions: String, _ attributes: [String]) throws -> [String] {
        let batch = AttributeRequest.traces([attributes])
        let result = try processed(batch, by: AttributesProcessor.self, "{actions: [\(actions)]}")
        return result.shownAttributes[0]
    }

    // MARK: Writing

    @Test func `insert adds what is not there`() throws {
        let action = "{key: env, value: prod, action: insert}"

        #expect(try run(action, ["a=b"]) == ["a=b", "env=prod"])
        #expect(try run(action, ["env=dev"]) == ["env=dev"])
        #expect(try run(action, []) == ["env=prod"])
    }

    @Test func `update changes what is there, and its type`() throws {
        let action = "{key: env, value: 7, action: update}"

        #expect(try run(action, ["a=b"]) == ["a=b"])
        #expect(try run(action, ["env=dev", "a=b"]) == ["env=7:int", "a=b"])
    }

    @Test func `upsert does both`() throws {
        let action = "{key: env, value: prod, action: UPSERT}"

        #expect(try run(action, ["a=b"]) == ["a=b", "env=prod"])
        #expect(try run(action, ["env=dev"]) == ["env=prod"])
    }

    @Test(
        "a value has the type that YAML gives it",
        arguments: [
            ("12", "12:int"), ("'12'", "12"), ("1.5", "1.5:double"), ("true", "true:bool"),
            ("[a, 1]", #"["a",1]:array"#), ("{b: {c: false}}", #"{"b":{"c":false}}:keyValueList"#),
            ("''", ""), ("[]", "[]:array"), ("-3", "-3:int"),
        ])
    func types(yaml: String, shown: String) throws {
        #expect(try run("{key: x, value: \(yaml), action: insert}", []) == ["x=\(shown)"])
    }

    @Test func `from_attribute copies a value with its type`() throws {
        let action = "{key: copy, from_attribute: n, action: upsert}"

        #expect(try run(action, ["n=4:int"]) == ["n=4:int", "copy=4:int"])
        #expect(
            try run(action, ["copy=x", "n=y:list"]) == [#"copy=["y"]:array"#, #"n=["y"]:array"#])
        #expect(try run(action, ["a=b"]) == ["a=b"])
    }

    /// Runs an action on a span without attributes that somebody sent.
    private func run(_ action: String, from sender: Sender?) throws -> [String] {
        var processor = SectionText("{actions: [\(action)]}", path: "processors.attributes") {
            AttributesProcessor(from: &$0)
        }.value
        if let sender { processor.note(sender) }
        var output = Output()
        processor.process(AttributeRequest.traces([[]]), at: .now(), into: &output)
        return try #require(output.forwarded.first).shownAttributes[0]
    }

    @Test(
        "from_context reads who sent the request",
        arguments: [
            ("client.address", ["a=192.0.2.7"]),
            ("metadata.x-tenant", ["a=acme;globex"]),
            ("metadata.X-TENANT", ["a=acme;globex"]),
            ("x-tenant", ["a=acme;globex"]),
            ("metadata.empty", ["a="]),
            ("metadata.absent", []),
            ("auth.subject", []),
        ])
    func sender(source: String, shown: [String]) throws {
        let sender = Sender(
            address: "192.0.2.7",
            metadata: [("X-Tenant", "acme"), ("Empty", ""), ("x-tenant", "globex")])
        let action = "key: a, from_context: \(source), action: insert"

        #expect(try run("{\(action)}", from: sender) == shown)
        let standIn = shown.isEmpty ? ["a=none"] : shown
        #expect(try run("{\(action), default_value: none}", from: sender) == standIn)
        #expect(try run("{\(action)}", from: nil) == [])
        #expect(try run("{\(action), default_value: none}", from: nil) == ["a=none"])
    }

    @Test func `a sender without an address has none`() throws {
        let action = "{key: a, from_context: client.address, action: upsert}"

        #expect(try run(action, from: Sender(address: "")) == [])
    }

    @Test func `what one sender is called is not written for the next`() throws {
        let processor = SectionText(
            "{attributes: [{key: t, from_context: metadata.t, default_value: x, action: upsert}]}",
            path: "processors.resource"
        ) { ResourceProcessor(from: &$0) }.value
        // As in a pipeline: each batch has a copy of its own.
        let shown = try [[("t", "1")], [], [("t", "2")]].map { metadata in
            var copy = processor
            copy.note(Sender(address: "", metadata: metadata))
            var output = Output()
            copy.process(
                AttributeRequest.traces([[]], resource: []), at: .now(), into: &output)
            return try #require(output.forwarded.first).shownResources[0]
        }

        #expect(shown == [["t=1"], ["t=x"], ["t=2"]])
    }

    @Test func `default_value stands in for an attribute that is missing`() throws {
        let action = "{key: copy, from_attribute: n, default_value: none, action: upsert}"

        #expect(try run(action, ["n=4:int"]) == ["n=4:int", "copy=4:int"])
        #expect(try run(action, []) == ["copy=none"])
        #expect(try run("{key: x, default_value: 5, action: insert}", []) == ["x=5:int"])
    }

    @Test func `each action sees what the one before it did`() throws {
        let actions = """
            {key: a, value: 1, action: insert}, {key: b, from_attribute: a, action: insert},
            {key: a, action: delete}, {key: a, value: again, action: insert},
            {key: b, value: 2, action: update}, {key: c, from_attribute: b, action: insert}
            """

        #expect(try run(actions, []) == ["b=2:int", "a=again", "c=2:int"])
    }

    // MARK: Deleting and hashing

    @Test func `delete removes a key, and then every key that a pattern matches anywhere`() throws {
        let attributes = ["a=1", "http.url=2", "url=3", "b=4"]

        #expect(try run("{key: a, action: delete}", attributes) == ["http.url=2", "url=3", "b=4"])
        #expect(try run("{pattern: url, action: delete}", attributes) == ["a=1", "b=4"])
        #expect(try run("{key: b, pattern: ^url$, action: delete}", attributes).count == 2)
    }

    @Test func `hash gives SHA-256 of text and of the bytes of numbers, and nothing else`() throws {
        let hashed = try run(
            "{pattern: '.', action: hash}",
            [
                "s=hello", "e=", "t=true:bool", "f=false:bool", "i=1:int", "d=1:double",
                "l=a:list", "m=a:map", "b=xyz:bytes", "n=:empty",
            ])

        #expect(
            hashed == [
                "s=2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
                "e=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                "t=4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a",
                "f=6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                "i=7c9fa136d4413fa6173637e883b6998d32e1d675f88cddff9dcbcf331820f4b8",
                "d=6c3c396ed6b5c36dcae172271f462051b1266b851e92df3deea8ac65478fd712",
                "l=", "m=", "b=", "n=",
            ])
    }

    @Test func `a key that is named and matches the pattern is hashed twice`() throws {
        let once = try run("{key: s, action: hash}", ["s=hello"])
        let twice = try run("{key: s, pattern: s, action: hash}", ["s=hello"])

        #expect(try run("{key: s, action: hash}", once) == twice)
    }

    // MARK: Extracting and converting

    @Test func `extract makes attributes of a pattern's groups`() throws {
        let action =
            "{key: u, pattern: '^(?P<scheme>\\w+)://(?P<host>[^/]+)(?P<path>/.*)?$', action: extract}"

        #expect(
            try run(action, ["u=http://a.b/c", "host=old"])
                == ["u=http://a.b/c", "host=a.b", "scheme=http", "path=/c"])
        #expect(
            try run(action, ["u=http://a"]) == ["u=http://a", "scheme=http", "host=a", "path="])
        #expect(try run(action, ["u=none"]) == ["u=none"])
        #expect(try run(action, ["u=1:int"]) == ["u=1:int"])
    }

    @Test(
        "convert to int",
        arguments: [
            ("12", "12:int"), ("+5", "5:int"), ("-5", "-5:int"), ("1.5", "1.5"), (" 1", " 1"),
            ("9223372036854775807", "9223372036854775807:int"),
            ("9223372036854775808", "9223372036854775808"), ("1_0", "1_0"), ("", ""),
            ("1.9:double", "1:int"), ("-1.9:double", "-1:int"), ("true:bool", "1:int"),
            ("1e300:double", "-9223372036854775808:int"), ("7:int", "7:int"),
        ])
    func toInt(shown: String, converted: String) throws {
        let action = "{key: x, action: convert, converted_type: int}"

        #expect(try run(action, ["x=\(shown)"]) == ["x=\(converted)"])
    }

    @Test(
        "convert to double",
        arguments: [
            ("12", "12:double"), ("1e3", "1000:double"), ("0x1p-1", "0.5:double"), ("0x1", "0x1"),
            ("1_000.5", "1000.5:double"), ("1__0", "1__0"), ("_1", "_1"), (".5", "0.5:double"),
            ("5.", "5:double"), (".", "."), ("1e", "1e"), ("1e999", "1e999"), ("x", "x"),
            ("7:int", "7:double"), ("false:bool", "0:double"), ("a:list", #"["a"]:array"#),
        ])
    func toDouble(shown: String, converted: String) throws {
        let action = "{key: x, action: convert, converted_type: double}"

        #expect(try run(action, ["x=\(shown)"]) == ["x=\(converted)"])
    }

    @Test(
        "convert to string",
        arguments: [
            ("12:int", "12"), ("1.5:double", "1.5"), ("true:bool", "true"),
            ("a,b:list", #"["a","b"]"#),
            ("v:map", #"{"in":"v"}"#), ("abc:bytes", "YWJj"), (":empty", ""), ("s", "s"),
        ])
    func toString(shown: String, converted: String) throws {
        let action = "{key: x, action: convert, converted_type: string}"

        #expect(try run(action, ["x=\(shown)"]) == ["x=\(converted)"])
    }

    // MARK: What is edited

    @Test func `log records and the data points of every kind of metric are edited`() throws {
        let yaml = "{actions: [{key: env, value: prod, action: insert}, {key: a, action: delete}]}"

        let logs = try processed(
            AttributeRequest.logs([["a=1"], ["b=2"]]), by: AttributesProcessor.self, yaml)
        let metrics = try processed(
            AttributeRequest.metrics([["a=1"], ["b=2"]]), by: AttributesProcessor.self, yaml)

        #expect(logs.shownAttributes == [["env=prod"], ["b=2", "env=prod"]])
        #expect(
            metrics.shownAttributes
                == (0..<5).flatMap { _ in [["env=prod"], ["b=2", "env=prod"]] })
    }

    @Test func `resources, scopes and events stay as they are`() throws {
        let batch = AttributeRequest.traces(
            [["a=1"]], resource: ["a=2"], event: ["a=3"], scope: ["a=4"])

        let result = try processed(
            batch, by: AttributesProcessor.self, "{actions: [{key: a, action: delete}]}")

        var seen: [[String]] = []
        result.forEachRecord { record in
            seen.append(ShownAttributes.of(record.message, SpanTag.attributes))
            seen.append(ShownAttributes.of(record.resource, ResourceTag.attributes))
            seen.append(ShownAttributes.of(record.scope, ScopeTag.attributes))
            var events = record.message.messages(SpanTag.events)
            if let event = events.next() {
                seen.append(ShownAttributes.of(event, EventTag.attributes))
            }
        }
        #expect(seen == [[], ["a=2"], ["a=4"], ["a=3"]])
    }

    @Test func `only records that are selected are edited`() throws {
        let batch = AttributeRequest.traces([["k=1"], ["k=2"], []])

        let result = try processed(
            batch, by: AttributesProcessor.self,
            """
            {include: {match_type: strict, attributes: [{key: k}]},
             exclude: {match_type: strict, attributes: [{key: k, value: '2'}]},
             actions: [{key: env, value: prod, action: insert}]}
            """)

        #expect(result.shownAttributes == [["k=1", "env=prod"], ["k=2"], []])
    }

    @Test func `a batch in which nothing changes is forwarded as it is`() throws {
        let batch = AttributeRequest.traces([["k=1"], ["k=2"]])

        let result = try processed(
            batch, by: AttributesProcessor.self,
            "{actions: [{key: x, action: delete}, {key: x, value: 1, action: update}]}")

        #expect(result.joined() === batch.joined())
    }

    // MARK: Mistakes

    @Test(
        "a mistake is said with its place",
        arguments: [
            ("", "has an empty actions"),
            ("{key: a}", "actions[0].action must be given"),
            (
                "{key: a, action: frobnicate}",
                "actions[0].action is 'frobnicate', but must be one of"
            ),
            ("{action: insert, value: 1}", "actions[0].key must be given for the action insert"),
            ("{action: delete}", "actions[0].key must be given for the action delete"),
            ("{key: a, action: insert}", "actions[0] has no value for the action insert"),
            (
                "{key: a, action: update, value: 1, from_attribute: b}",
                "actions[0] has value and from_attribute"
            ),
            (
                "{key: a, action: upsert, value: 1, pattern: b}",
                "actions[0].pattern is not used by the action upsert"
            ),
            (
                "{key: a, action: hash, value: 1}",
                "actions[0].value is not used by the action hash"
            ),
            (
                "{key: a, action: delete, converted_type: int}",
                "actions[0].converted_type is not used by the action delete"
            ),
            (
                "{key: a, action: extract}",
                "actions[0].pattern must be given for the action extract"
            ),
            ("{key: a, action: extract, pattern: x}", "actions[0].pattern has no group"),
            (
                "{key: a, action: extract, pattern: '(?P<x>.)(.)'}",
                "actions[0].pattern has a group without a name"
            ),
            ("{key: a, action: delete, pattern: '('}", "actions[0].pattern is not a regular"),
            (
                "{key: a, action: convert}",
                "actions[0].converted_type must be given for the action convert"
            ),
            (
                "{key: a, action: convert, converted_type: bool}",
                "actions[0].converted_type is 'bool', but must be one of string, int, double"
            ),
            (
                "{key: a, action: extract, pattern: '(?P<x>.)', from_context: client.address}",
                "actions[0].from_context is not used by the action extract"
            ),
            (
                "{key: a, action: insert, from_context: client.address, from_attribute: b}",
                "actions[0] has from_attribute and from_context"
            ),
            (
                "{key: a, action: insert, from_context: auth.subject}",
                "from_context finds nothing: receivers of this build do not authenticate senders"
            ),
        ])
    func mistake(action: String, message: String) {
        let found = mistakes(of: AttributesProcessor.self, "{actions: [\(action)]}")

        #expect(found.count == 1)
        #expect(found.first?.contains(message) == true, "\(found)")
    }

    @Test func `what cannot be matched in a signal is refused there`() {
        let yaml = """
            {include: {match_type: strict, span_names: [a]},
             actions: [{key: a, action: delete}]}
            """

        #expect(mistakes(of: AttributesProcessor.self, yaml, signal: .traces) == [])
        #expect(mistakes(of: AttributesProcessor.self, yaml, signal: .logs).count == 1)
    }
}

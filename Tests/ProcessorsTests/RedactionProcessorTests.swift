import OTLP
import Primitives
import Processors
import Testing

struct RedactionProcessorTests {
    private func run(_ yaml: String, _ attributes: [String]) throws -> [String] {
        let batch = AttributeRequest.traces([attributes], resource: [])
        let result = try processed(batch, by: RedactionProcessor.self, yaml)
        return result.shownAttributes[0]
    }

    // MARK: Keys

    @Test func `keys that are not allowed are deleted`() throws {
        let attributes = ["a=1", "b=2", "c=3:int"]

        #expect(try run("{allowed_keys: [b, x]}", attributes) == ["b=2"])
        #expect(try run("{allowed_keys: []}", attributes) == [])
        #expect(try run("{allow_all_keys: true}", attributes) == attributes)
        #expect(
            try run(
                "{allowed_keys: [a], ignored_keys: [b], ignored_key_patterns: [^c$]}", attributes)
                == attributes)
    }

    @Test func `values of blocked keys are masked as a whole, whatever their type`() throws {
        let yaml = "{allow_all_keys: true, blocked_key_patterns: [tok]}"

        #expect(
            try run(yaml, ["token=abc", "a=abc", "tok=1:int", "atok=", "tok.l=x\ny\n"])
                == ["token=****", "a=abc", "tok=****", "atok=****", "tok.l=****\n****\n****"])
    }

    // MARK: Values

    @Test func `parts of values are masked`() throws {
        let yaml = "{allow_all_keys: true, blocked_values: ['4[0-9]{3}', 'x+']}"

        #expect(
            try run(yaml, ["a=no 4123, 4567!", "b=axxbx", "c=4123:int", "d=[4123]:list"])
                == ["a=no ****, ****!", "b=a****b****", "c=4123:int", #"d=["[4123]"]:array"#])
    }

    @Test func `with redact_all_types what is no text is masked by its text`() throws {
        let yaml = "{allow_all_keys: true, redact_all_types: true, blocked_values: ['4[0-9]{3}']}"

        #expect(
            try run(yaml, ["c=4123:int", "d=4123:list", "e=5:int", "k=4123:map"])
                == ["c=****", #"d=["****"]"#, "e=5:int", #"k={"in":"****"}"#])
    }

    @Test func `allowed values are spared, also from blocked keys`() throws {
        let yaml = """
            {allow_all_keys: true, allowed_values: ['@my\\.org$'], blocked_values: ['.+@.+'],
             blocked_key_patterns: [mail]}
            """

        #expect(
            try run(yaml, ["a=x@my.org", "mail=y@my.org", "b=x@else.org", "mail2=z"])
                == ["a=x@my.org", "mail=y@my.org", "b=****", "mail2=****"])
    }

    @Test(arguments: [
        ("md5", "900150983cd24fb0d6963f7d28e17f72"),
        ("sha1", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        ("sha3", "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"),
    ])
    func `a digest stands for what is masked`(function: String, digest: String) throws {
        let yaml = "{allow_all_keys: true, blocked_values: [abc], hash_function: \(function)}"

        #expect(try run(yaml, ["a=<abc>"]) == ["a=<\(digest)>"])
    }

    @Test func `a code with a key stands for what is masked`() throws {
        let yaml = """
            {allow_all_keys: true, blocked_values: [abc], hash_function: hmac-sha256,
             hmac_key: 0123456789abcdef0123456789abcdef}
            """

        let masked = try run(yaml, ["a=abc"])

        #expect(masked == ["a=a60c859a6827c5ea576a48d8d368672fbfe4667c6a927428284a0cb3859cc1d6"])
    }

    // MARK: Where

    @Test func `resources, scopes and events are redacted, too`() throws {
        let batch = AttributeRequest.traces(
            [["a=secret"]], resource: ["r=secret"], event: ["e=secret"], scope: ["s=secret"])

        let result = try processed(
            batch, by: RedactionProcessor.self, "{allow_all_keys: true, blocked_values: [secret]}")

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
        #expect(seen == [["a=****"], ["r=****"], ["s=****"], ["e=****"]])
    }

    @Test func `data points are redacted`() throws {
        let result = try processed(
            AttributeRequest.metrics([["a=1", "b=2"]]), by: RedactionProcessor.self,
            "{allowed_keys: [b]}")

        #expect(result.shownAttributes == Array(repeating: ["b=2"], count: 5))
    }

    // MARK: Bodies

    private func body(_ yaml: String, _ body: String) throws -> (body: String, [String]) {
        let result = try processed(
            AttributeRequest.logs([[]], body: body), by: RedactionProcessor.self, yaml)
        var shown = ""
        result.forEachRecord { record in
            shown = ShownAttributes.value(record.message.value(LogRecordTag.body))
        }
        return (shown, result.shownAttributes[0])
    }

    @Test func `a body of text is masked`() throws {
        let yaml = "{allow_all_keys: true, blocked_values: [s3cret], summary: debug}"

        let masked = try body(yaml, "it is s3cret")
        let clean = try body(yaml, "it is not")

        #expect(masked.body == "it is ****")
        #expect(
            masked.1 == ["redaction.body.masked.keys=body", "redaction.body.masked.count=1:int"])
        #expect(clean == ("it is not", []))
    }

    @Test func `keys and values within a body are redacted`() throws {
        let yaml = "{allowed_keys: [x], blocked_values: [a], summary: info}"

        #expect(try body(yaml, "a:map").body == "{}:keyValueList")
        #expect(
            try body("{allowed_keys: [in], blocked_values: [a]}", "cat:map").body
                == #"{"in":"c****t"}:keyValueList"#)
        #expect(
            try body("{allow_all_keys: true, blocked_key_patterns: [in]}", "cat:map").body
                == #"{"in":"****"}:keyValueList"#)
        let list = try body(
            "{allow_all_keys: true, blocked_values: [a], summary: debug}", "b,a:list")
        #expect(list.body == #"["b","****"]:array"#)
        #expect(
            list.1 == ["redaction.body.masked.keys=[1]", "redaction.body.masked.count=1:int"])
    }

    // MARK: Summary

    @Test func `a summary counts and lists what was done`() throws {
        let rules = """
            allowed_keys: [z, m, ok], ignored_keys: [i], blocked_values: [bad],
            allowed_values: [fine]
            """
        let attributes = ["z=bad", "i=bad", "gone=1", "m=bad", "also=2", "ok=fine"]

        let info = try run("{\(rules), summary: info}", attributes)
        let debug = try run("{\(rules), summary: debug}", attributes)

        #expect(
            info == [
                "z=****", "i=bad", "m=****", "ok=fine", "redaction.redacted.count=2:int",
                "redaction.masked.count=2:int", "redaction.allowed.count=1:int",
                "redaction.ignored.count=1:int",
            ])
        #expect(
            debug == [
                "z=****", "i=bad", "m=****", "ok=fine", "redaction.redacted.keys=also,gone",
                "redaction.redacted.count=2:int", "redaction.masked.keys=m,z",
                "redaction.masked.count=2:int", "redaction.allowed.keys=ok",
                "redaction.allowed.count=1:int", "redaction.ignored.count=1:int",
            ])
    }

    @Test func `a summary is added to one that is there`() throws {
        let once = try run("{allowed_keys: [a, b], summary: debug}", ["a=1", "b=2", "c=3", "d=4"])
        let twice = try run("{allowed_keys: [a], summary: debug}", once)

        #expect(
            twice == [
                "a=1", "redaction.redacted.keys=b,c,d", "redaction.redacted.count=3:int",
            ])
    }

    @Test func `a batch in which nothing changes is forwarded as it is`() throws {
        let batch = AttributeRequest.traces([["a=b"]], event: ["c=d"])

        let result = try processed(
            batch, by: RedactionProcessor.self, "{allow_all_keys: true, blocked_values: [x]}")

        #expect(result.joined() === batch.joined())
    }

    // MARK: Mistakes

    @Test(arguments: [
        ("{}", "deletes every attribute"),
        ("{allow_all_keys: true, hash_function: sha256}", "hash_function is 'sha256'"),
        ("{allow_all_keys: true, hash_function: hmac-sha256}", "hmac_key must be given"),
        (
            "{allow_all_keys: true, hash_function: hmac-sha512, hmac_key: short}",
            "hmac_key must have 64 bytes"
        ),
        ("{allow_all_keys: true, summary: loud}", "summary is 'loud'"),
        ("{allow_all_keys: true, blocked_values: ['(']}", "blocked_values[0] is not a regular"),
        ("{allow_all_keys: true, url_sanitizer: {}}", "url_sanitizer is not in this build"),
    ])
    func `a mistake is said with its place`(yaml: String, message: String) {
        let found = mistakes(of: RedactionProcessor.self, yaml)

        #expect(found.count == 1)
        #expect(found.first?.contains(message) == true, "\(found)")
    }
}

import OTLP
import Primitives
import Processors
import Testing

struct ResourceProcessorTests {
    private func run(_ actions: String, _ batch: Batch) throws -> Batch {
        try processed(batch, by: ResourceProcessor.self, "{attributes: [\(actions)]}")
    }

    @Test(arguments: Signal.allCases)
    func `resources are edited, records are not`(signal: Signal) throws {
        let batch =
            switch signal {
            case .traces: AttributeRequest.traces([["env=x"], ["b=y"]], resource: [])
            case .logs: AttributeRequest.logs([["env=x"], ["b=y"]])
            case .metrics: AttributeRequest.metrics([["env=x"]])
            }

        let result = try run("{key: env, value: prod, action: upsert}", batch)

        #expect(result.shownResources.allSatisfy { $0 == ["env=prod"] })
        #expect(result.shownAttributes == batch.shownAttributes)
    }

    @Test func `actions are those of attributes`() throws {
        let batch = AttributeRequest.traces([[]], resource: ["service.name=shop", "host.id=7:int"])

        let result = try run(
            """
            {key: name, from_attribute: service.name, action: insert},
            {pattern: ^host, action: delete}, {key: service.name, action: hash}
            """, batch)

        #expect(
            result.shownResources == [
                [
                    "service.name="
                        + "8d9001d32c6a703d95921a77115050f33dd823d3f1730bd35215dcbecad6dc20",
                    "name=shop",
                ]
            ])
    }

    @Test func `a batch in which nothing changes is forwarded as it is`() throws {
        let batch = AttributeRequest.traces([["a=b"]])

        let result = try run("{key: x, action: delete}", batch)

        #expect(result.joined() === batch.joined())
    }

    @Test func `without actions it is refused`() {
        #expect(
            mistakes(of: ResourceProcessor.self, "{}") == [
                "error: processors.resource has no attributes"
            ])
    }
}

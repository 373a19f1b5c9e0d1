import OTLP
import Testing

@testable import Exporters

struct NopExporterTests {
    @Test func `everything is taken`() async throws {
        let harness = try await ExporterHarness<NopExporter>("")

        #expect(await harness.export(try .traces(5)) == .exported)
    }
}

import Configuration
import Testing

/// The calls of a component, as component authors write them.
struct SectionTests {
    enum Verbosity: String, CaseIterable { case basic, normal, detailed }

    struct Settings: Equatable {
        var timeout: Duration
        var percentage: Double
        var size: Int
        var limit: ByteCount
        var verbosity: Verbosity
        var isOn: Bool
        var grpc: Int?
        var names: [String]

        init(from section: inout Section) {
            timeout = section.take(
                "timeout", default: .seconds(30), in: .zero ... .seconds(3600), "time for one try")
            percentage = section.take("percentage", default: 100, in: 0...100, "share to keep")
            size = section.take("size", default: 8192, "records in a batch")
            limit = section.take("limit", default: .mebibytes(20), "largest body")
            verbosity = section.take("verbosity", default: .basic, "how much is shown")
            isOn = section.take("on", default: true, "whether it works")
            grpc = section.takeSection("grpc", .offUnlessPresent, "gRPC") {
                $0.take("port", default: 4317, in: 1...65535, "port to listen on")
            }
            names = section.takeSections("policies", "the policies") {
                $0.takeRequired("name", "the name of the policy")
            }
        }
    }

    @Test func `the same calls describe the options`() {
        let options = Section.describing { _ = Settings(from: &$0) }

        #expect(
            options.map(\.path) == [
                "timeout", "percentage", "size", "limit", "verbosity", "on", "grpc",
                "grpc.enabled", "grpc.port", "policies", "policies[].name",
            ])
        #expect(
            options[0]
                == OptionDescription(
                    path: "timeout", type: "duration", defaultValue: "30s",
                    range: "between 0s and 1h", documentation: "time for one try"))
    }
}

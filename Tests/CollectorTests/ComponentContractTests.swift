import Collector
import ComponentTesting
import Configuration
import OTLP
import Pipeline
import Primitives
import Sockets
import Telemetry
import TestSupport
import Testing

/// The rules that every component keeps, whatever it does.
struct ComponentContractTests {
    /// A component of the build; its name is the test case's.
    struct Case: CustomTestStringConvertible, Sendable {
        let entry: Registry.Entry

        var testDescription: String { "\(entry.kind.rawValue) \(entry.name)" }
        var path: String { "\(entry.kind.sectionName).\(entry.name)" }
        var options: [OptionDescription] { Section.describing(entry.describe) }

        func messages(_ yaml: String) -> [String] {
            SectionText(yaml, path: path) { entry.describe(&$0) }.messages
        }
    }

    static let cases = Registry.standard.entries.map(Case.init)

    @Test("an unknown option is refused by its name", arguments: cases)
    func unknownOption(component: Case) {
        let messages = component.messages("{no_such_option: 1}")

        #expect(messages.contains("error: \(component.path) has no option 'no_such_option'"))
    }

    @Test("without options it loads, or names what is required", arguments: cases)
    func defaults(component: Case) {
        let required = component.options.filter(\.isRequired).map { "\(component.path).\($0.path)" }

        let messages = component.messages("{}")

        // Options of a section are required where it is written.
        for path in required where !path.dropFirst(component.path.count + 1).contains(".") {
            #expect(messages.contains("error: \(path) must be given"), "\(path)")
        }
        #expect(
            messages.allSatisfy { message in
                ["error", "warning"].contains { message.hasPrefix("\($0): \(component.path)") }
            })
    }

    @Test("every option says what it is for, in one line", arguments: cases)
    func documentation(component: Case) {
        let silent = component.options.filter {
            $0.documentation.isEmpty || $0.documentation.contains("\n") || $0.path.isEmpty
        }

        #expect(silent.map(\.path) == [])
    }

    @Test("no option is taken twice", arguments: cases)
    func distinctOptions(component: Case) {
        let paths = component.options.map(\.path)

        #expect(paths.count == Set(paths).count, "\(paths)")
    }

    @Test("a default may be written, but for what another option forbids", arguments: cases)
    func writableDefaults(component: Case) {
        let before = component.messages("{}")
        for option in component.options where !option.path.contains(".") {
            guard let value = option.defaultValue, !option.type.contains("section") else {
                continue
            }
            let others = component.options.map(\.path).filter { $0 != option.path }

            let messages = component.messages("{\(option.path): \(value)}").filter { message in
                !before.contains(message) && !others.contains { message.contains($0) }
            }

            #expect(messages == [])
        }
    }

    @Test("it has a summary that fits on a line, and signals if it carries any", arguments: cases)
    func summary(component: Case) {
        let entry = component.entry

        #expect(!entry.summary.isEmpty && entry.summary.count <= 76)
        #expect(!entry.summary.hasSuffix("."))
        #expect(entry.signals.isEmpty == (entry.kind == .extension))
    }

    @Test("it is found by each of its names, and each name means one component", arguments: cases)
    func names(component: Case) {
        let entry = component.entry
        for name in [entry.name] + entry.aliases {
            #expect(Registry.standard.entry(entry.kind, name)?.name == entry.name)
            #expect(name.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "_" }, "\(name)")
        }
    }

    @Test func `a component of the build is not listed as missing`() {
        let registry = Registry.standard

        for entry in registry.entries {
            for name in [entry.name] + entry.aliases {
                #expect(registry.reasonMissing(entry.kind, name) == nil, "\(name)")
            }
        }
    }

    // MARK: Processors

    // Whatever a processor decides with its default options: each record it was given is passed on,
    // dropped with a reason or held, and nothing is held once it was drained.
    @Test(
        "a processor accounts for each record, and drains",
        arguments: cases.filter { $0.entry.kind == .processor }, Signal.allCases)
    func accounting(component: Case, signal: Signal) async throws {
        guard component.entry.signals.contains(signal) else { return }
        let end = RecordingIntake()
        let placed = try PlacedProcessor(component, before: end)
        let inlet = placed.inlet(signal)

        for number in 0..<20 {
            let first = number * 10
            #expect(await inlet.deliver(.numbered(first..<first + number, signal)) == nil)
            #expect(placed.account.unaccounted == 0)
        }
        await placed.drain()

        let account = placed.account
        #expect(account.incoming.value == 190)
        #expect(account.held.value == 0)
        #expect(account.unaccounted == 0)
        #expect(end.batches.reduce(0) { $0 + $1.itemCount } == account.outgoing.value)
        #expect(end.batches.allSatisfy { $0.signal == signal })
    }
}

/// A processor of the registry with its default options, in the middle of a pipeline.
private final class PlacedProcessor {
    let account = Account(component: "processor", scope: "test")
    private let loop: EventLoop
    private let route: Route
    private let stage: (any Stage)?

    init(_ component: ComponentContractTests.Case, before end: any Intake) throws {
        loop = try EventLoop(name: "test")
        loop.start()
        let entry = component.entry
        let make = try #require(Registry.standard.processor(entry.name))
        let made = SectionText("{}", path: component.path) { make(&$0) }
        if type(of: made.value).state == .none {
            stage = nil
            route = Route(steps: [Self.step(made.value, account)], intakes: [end])
        } else {
            let made = Self.stage(made.value, Route(steps: [], intakes: [end]), account, loop)
            stage = made
            route = Route(steps: [], intakes: [made])
        }
    }

    private static func step(_ processor: some Processor, _ account: Account) -> any Step {
        StatelessStep(processor, account: account)
    }

    private static func stage(
        _ processor: some Processor, _ route: Route, _ account: Account, _ loop: EventLoop
    ) -> any Stage {
        StatefulStage(
            processor, route: route, account: account, logger: RecordedLog().logger, loop: loop)
    }

    deinit { loop.stop() }

    func inlet(_ signal: Signal) -> Inlet {
        let account = Account(component: "receiver", scope: "test")
        return Inlet(signal: signal, routes: [route], account: account)
    }

    func drain() async {
        await stage?.drain(by: .now() + patience)
    }
}

import Configuration
import OTLP

/// What the user typed about a simulation.
package struct SimulationArguments: Sendable {
    package let configuration: ConfigurationArguments
    /// Locations of the configuration to compare with; empty for none.
    package let against: [String]
    package let inputs: [String]
    /// Ids of pipelines; empty for all.
    package let pipelines: [String]
    package let isJSON: Bool
    package let expectations: [String]
    package let exampleLimit: Int

    package init(
        _ configuration: ConfigurationArguments, against: [String], inputs: [String],
        pipelines: [String], isJSON: Bool, expectations: [String], exampleLimit: Int
    ) {
        self.configuration = configuration
        self.against = against
        self.inputs = inputs
        self.pipelines = pipelines
        self.isJSON = isJSON
        self.expectations = expectations
        self.exampleLimit = exampleLimit
    }
}

extension Program {
    /// An expectation about a simulation failed.
    package static let failedExpectation: Int32 = 3
    /// Arguments that cannot be understood. (sysexits.h, EX_USAGE)
    static let wrongUsage: Int32 = 64

    /// Runs recorded telemetry through the processors of a configuration, and prints what they did.
    package static func simulate(_ arguments: SimulationArguments) -> Int32 {
        var expectations: [SimulationExpectation] = []
        do throws(Mismatch) {
            for text in arguments.expectations {
                expectations.append(try SimulationExpectation(text))
            }
        } catch {
            let hint = error.hint.map { "; \($0)" } ?? ""
            writeToStandardError("--expect: \(error.predicate)\(hint)\n")
            return wrongUsage
        }
        guard let lanes = pipelines(arguments.configuration, chosen: arguments.pipelines) else {
            return configurationErrors
        }
        var others: [SimulatedPipeline] = []
        if !arguments.against.isEmpty {
            let other = ConfigurationArguments(locations: arguments.against, overrides: [])
            guard let made = pipelines(other, chosen: []) else { return configurationErrors }
            let ids = lanes.map(\.id)
            others = made.filter { ids.contains($0.id) }
        }
        return run(Simulation(lanes, against: others), expectations, arguments)
    }

    private static func run(
        _ simulation: consuming Simulation, _ expectations: [SimulationExpectation],
        _ arguments: SimulationArguments
    ) -> Int32 {
        let signals = Set(simulation.lanes.map(\.pipeline.signal))
        do throws(RecordingError) {
            for input in arguments.inputs {
                var recording = try Recording(
                    input, messageSignal: signals.count == 1 ? signals.first : nil)
                while let batch = try recording.next() { simulation.give(batch) }
            }
        } catch {
            writeToStandardError("\(error)\n")
            return failure
        }
        simulation.finish()
        let report = SimulationReport(
            simulation, expectations: expectations, exampleLimit: arguments.exampleLimit)
        let other = arguments.against.isEmpty ? nil : arguments.against.joined(separator: " + ")
        print(
            arguments.isJSON ? report.json(against: other) : report.text(against: other),
            terminator: "")
        return judge(report, expectations)
    }

    private static func judge(
        _ report: SimulationReport, _ expectations: [SimulationExpectation]
    ) -> Int32 {
        var code = success
        for check in report.checks where !check.holds {
            writeToStandardError(
                "\(check.pipeline): expected \(check.expectation.text), but "
                    + "\(check.expectation.actual(check.share))\n")
            code = failedExpectation
        }
        for expectation in expectations
        where !report.checks.contains(where: { $0.expectation.text == expectation.text }) {
            writeToStandardError(
                "expected \(expectation.text), but no pipeline of that signal is simulated\n")
            code = failedExpectation
        }
        return code
    }

    /// `nil` if the configuration has errors, or lacks a pipeline that was chosen.
    private static func pipelines(
        _ arguments: ConfigurationArguments, chosen: [String]
    ) -> [SimulatedPipeline]? {
        let loaded = LoadedConfiguration(arguments)
        printReport(loaded.diagnostics)
        if loaded.diagnostics.hasErrors { return nil }
        let made = loaded.configuration.pipelines.compactMap { pipeline in
            SimulatedPipeline(pipeline, loaded.parts)
        }
        let known = made.map(\.id.description)
        for id in chosen where !known.contains(id) {
            writeToStandardError(
                "--pipeline: there is no pipeline '\(id)'; there are \(known.joined(separator: ", "))\n"
            )
            return nil
        }
        return chosen.isEmpty ? made : made.filter { chosen.contains($0.id.description) }
    }
}

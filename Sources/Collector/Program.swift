import Configuration
import Glibc
import Pipeline
import Primitives
import Sockets
import Telemetry

/// What the user typed about the configuration.
package struct ConfigurationArguments: Sendable {
    package let locations: [String]
    package let overrides: [String]

    package init(locations: [String], overrides: [String]) {
        self.locations = locations
        self.overrides = overrides
    }
}

/// The commands, each from its arguments to an exit code.
package enum Program {
    /// Stopped cleanly, or nothing to complain about.
    package static let success: Int32 = 0
    /// Could not start, or records were lost while stopping.
    package static let failure: Int32 = 1
    /// The configuration has errors.
    package static let configurationErrors: Int32 = 2

    /// Runs the daemon until a signal stops it.
    package static func run(
        _ arguments: ConfigurationArguments, drainTimeout: Duration, loopCount: Int
    ) -> Int32 {
        let loaded = LoadedConfiguration(arguments)
        printReport(loaded.diagnostics)
        if loaded.diagnostics.hasErrors { return configurationErrors }
        let daemon = Daemon(
            loaded.telemetry, drainTimeout: drainTimeout,
            loopCount: loopCount > 0 ? loopCount : Daemon.coreCount)
        return daemon.run(loaded.configuration, loaded.parts)
    }

    /// Prints every mistake that a start would find.
    package static func validate(_ arguments: ConfigurationArguments) -> Int32 {
        let loaded = LoadedConfiguration(arguments)
        printReport(loaded.diagnostics)
        return loaded.diagnostics.hasErrors ? configurationErrors : success
    }

    /// Prints the configuration as it takes effect.
    package static func printConfiguration(
        _ arguments: ConfigurationArguments
    ) -> Int32 {
        let loaded = LoadedConfiguration(arguments)
        printReport(loaded.diagnostics)
        if loaded.diagnostics.hasErrors { return configurationErrors }
        print(loaded.effective.yaml, terminator: "")
        return success
    }

    /// Prints components with their options.
    package static func components(named name: String?) -> Int32 {
        let listing = ComponentListing(.standard)
        guard let text = listing.text(named: name) else {
            writeToStandardError("there is no component '\(name ?? "")'\n")
            return failure
        }
        print(text, terminator: "")
        return success
    }

    static func printReport(_ diagnostics: Diagnostics) {
        if !diagnostics.isEmpty { writeToStandardError(diagnostics.rendered()) }
    }

    static func writeToStandardError(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while rest.count > 0 {
                let count = write(STDERR_FILENO, rest.baseAddress, rest.count)
                guard count > 0 else { return }
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
        }
    }
}

/// A configuration that was read, checked and made into parts.
struct LoadedConfiguration {
    let diagnostics = Diagnostics()
    let configuration: Configuration
    let parts: Parts
    let telemetry: TelemetrySettings
    /// For `print-config`.
    let effective: EffectiveConfiguration

    init(_ arguments: ConfigurationArguments) {
        let tree = ConfigurationTree.load(
            arguments.locations.map(ConfigurationSource.init), overrides: arguments.overrides,
            reportingTo: diagnostics)
        configuration = Configuration(tree, reportingTo: diagnostics)
        parts = Parts(configuration, Registry.standard, diagnostics)
        var section = configuration.telemetrySection(reportingTo: diagnostics)
        telemetry = TelemetrySettings(from: &section)
        section.finish()
        var effective = parts.effective
        effective.setTelemetry(section)
        self.effective = effective
    }
}

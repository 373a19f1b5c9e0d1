import ArgumentParser
import Collector

/// The command. It turns arguments into calls of `Program` and their results into exit codes.
@main
struct Martlet: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "martlet",
        abstract: "An OpenTelemetry collector.",
        discussion: """
            Reads the configuration format of the OpenTelemetry Collector.

              martlet --config FILE ... [--set KEY=VALUE ...]

            Exit codes: 0 stopped cleanly or nothing to complain about; 1 could not start, or \
            records were lost while stopping; 2 the configuration has errors; 3 an expectation \
            about a simulation failed; 64 wrong arguments.
            """,
        version: BuildInfo.version,
        subcommands: [
            Run.self, Validate.self, Components.self, PrintConfig.self, Simulate.self, Version.self,
            Health.self, Why.self,
        ],
        defaultSubcommand: Run.self)
}

/// Which configuration to read; the same for every command that reads one.
struct ConfigurationOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "A file, or file:PATH, env:NAME, yaml:TEXT. Several are merged, later ones win.",
            valueName: "location"))
    var config: [String] = []

    @Option(
        name: .long,
        help: ArgumentHelp(
            "One setting, applied after all files, such as processors.batch.timeout=2s.",
            valueName: "key=value"))
    var set: [String] = []

    func validate() throws {
        if config.isEmpty {
            throw ValidationError("no configuration was given; add --config FILE")
        }
    }

    var arguments: ConfigurationArguments {
        ConfigurationArguments(locations: config, overrides: set)
    }
}

/// Runs the daemon until it is told to stop.
struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the collector (the default).",
        discussion: """
            SIGTERM or SIGINT: stop taking data, send what is held within --drain-timeout, exit. \
            A second one exits at once.
            """)

    @OptionGroup var options: ConfigurationOptions

    @Option(
        name: .long,
        help: "Seconds to send what is held after SIGTERM; orchestrators kill after 10 or 30.")
    var drainTimeout: Double = 8

    @Option(name: .long, help: "Receiving threads; 0 means one for each core.")
    var loops: Int = 0

    func validate() throws {
        guard (0...86_400).contains(drainTimeout) else {
            throw ValidationError("--drain-timeout must be between 0 and 86400 seconds")
        }
        guard (0...256).contains(loops) else {
            throw ValidationError("--loops must be between 0 and 256")
        }
    }

    func run() throws {
        throw ExitCode(
            Program.run(options.arguments, drainTimeout: .seconds(drainTimeout), loopCount: loops))
    }
}

/// Finds every mistake that a start would find, and starts nothing.
struct Validate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check a configuration without running it.")

    @OptionGroup var options: ConfigurationOptions

    func run() throws {
        throw ExitCode(Program.validate(options.arguments))
    }
}

/// Lists what this build has.
struct Components: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List components with their options, types and defaults.")

    @Argument(help: "Only the component of this name.")
    var name: String?

    func run() throws {
        throw ExitCode(Program.components(named: name))
    }
}

/// Prints what the daemon would run with.
struct PrintConfig: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "print-config",
        abstract: "Print the effective configuration, with defaults and without secrets.")

    @OptionGroup var options: ConfigurationOptions

    func run() throws {
        throw ExitCode(Program.printConfiguration(options.arguments))
    }
}

/// Shows what a configuration would do with telemetry that was recorded.
struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run recorded telemetry through the processors of a configuration.",
        discussion: """
            Nothing is received or sent, and the clock is that of the recording. Exit codes: 0 \
            every expectation holds; 1 the input cannot be read; 2 the configuration has errors; \
            3 an expectation failed.
            """)

    @OptionGroup var options: ConfigurationOptions

    @Option(
        help: ArgumentHelp(
            "What the file exporter wrote; - is standard input. Several are read in order.",
            valueName: "file"))
    var input: [String] = []

    @Option(
        help: ArgumentHelp(
            "A configuration to compare with. Several are merged, later ones win.",
            valueName: "location"))
    var against: [String] = []

    @Option(help: ArgumentHelp("Only this pipeline, such as traces.", valueName: "id"))
    var pipeline: [String] = []

    @Option(help: "text or json.")
    var format: Format = .text

    @Option(
        help: ArgumentHelp(
            "What should come out, such as 'errors kept 100%' or 'spans dropped >= 10'.",
            valueName: "expectation"))
    var expect: [String] = []

    @Option(help: "How many trace ids to show for each difference.")
    var examples: Int = 5

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json
    }

    func validate() throws {
        if input.isEmpty { throw ValidationError("no input was given; add --input FILE") }
        guard (0...1_000_000).contains(examples) else {
            throw ValidationError("--examples must be between 0 and 1000000")
        }
    }

    func run() throws {
        throw ExitCode(
            Program.simulate(
                SimulationArguments(
                    options.arguments, against: against, inputs: input, pipelines: pipeline,
                    isJSON: format == .json, expectations: expect, exampleLimit: examples)))
    }
}

/// Prints the version.
struct Version: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print the version.")

    func run() throws {
        print("martlet \(BuildInfo.version)")
    }
}

/// Asks a running daemon whether it is well; for a container's health check.
struct Health: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask the health_check extension of a running collector.")

    @Option(help: ArgumentHelp("Where health_check listens.", valueName: "host:port"))
    var endpoint: String = "127.0.0.1:13133"

    func run() throws {
        throw ExitCode(Program.health(endpoint: endpoint))
    }
}

/// Asks a running daemon what became of a trace.
struct Why: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask a running collector why it kept or dropped a trace.",
        discussion: "tail_sampling remembers its last decisions; it is asked where /metrics is.")

    @Argument(help: "The trace id, 32 hexadecimal digits.")
    var traceID: String

    @Option(help: ArgumentHelp("Where the metrics are.", valueName: "host:port"))
    var endpoint: String = "127.0.0.1:8888"

    func run() throws {
        throw ExitCode(Program.why(traceID: traceID, endpoint: endpoint))
    }
}

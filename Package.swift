// swift-tools-version: 6.2
import PackageDescription

// One target per module. The layers, and who may import whom, are drawn in docs/ARCHITECTURE.md
// and held by Tests/RepositoryTests.

let settings: [SwiftSetting] = [
    .enableExperimentalFeature("Lifetimes"),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(
    _ name: String, _ dependencies: [Target.Dependency], except files: [String] = []
) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: ["TestSupport"] + dependencies, exclude: files,
        swiftSettings: settings)
}

let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let argumentParser = Target.Dependency.product(
    name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "martlet",
    products: [.executable(name: "martlet", targets: ["martlet"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    ],
    targets: [
        // Layer 0: C.
        .target(name: "CLinux"),
        .systemLibrary(name: "CDeflate"),
        .systemLibrary(name: "CZstd"),
        .systemLibrary(name: "CYAML"),
        .target(name: "COpenSSL"),
        .target(name: "CXXHash"),
        .target(
            name: "CRE2", linkerSettings: [.linkedLibrary("re2")]),

        // Layer 1: values and rules that know no socket and no other module of this layer.
        module("Primitives"),
        module("OTLP", ["Primitives"]),
        module("Telemetry", ["Primitives", logging]),
        module("Configuration", ["Primitives", "CYAML"]),
        module("Compression", ["Primitives", "CDeflate", "CZstd"]),
        module("RegularExpressions", ["Primitives", "CRE2"]),
        module("Hashing", ["Primitives", "COpenSSL", "CXXHash"]),

        // Layer 2: the kernel, and protocols on top of it.
        module("Sockets", ["Primitives", "CLinux", "COpenSSL", deque]),
        module("HTTP", ["Primitives", "Sockets"]),
        module("OTTL", ["Primitives", "OTLP", "RegularExpressions", "Hashing"]),

        // Layer 3 and 4: what a component is, and the components.
        module("Pipeline", ["Primitives", "OTLP", "Telemetry", "Configuration", "Sockets", deque]),
        module(
            "Receivers",
            [
                "Primitives", "OTLP", "Telemetry", "Configuration", "Compression", "Sockets",
                "HTTP", "Pipeline",
            ]),
        module(
            "Processors",
            [
                "Primitives", "OTLP", "Configuration", "RegularExpressions", "Hashing", "OTTL",
                "Pipeline",
            ]),
        module(
            "Exporters",
            [
                "Primitives", "OTLP", "Telemetry", "Configuration", "Compression", "Sockets",
                "HTTP", "Pipeline",
            ]),
        module(
            "Extensions",
            ["Primitives", "Telemetry", "Configuration", "Sockets", "HTTP", "Pipeline"]),

        // Layer 5 and 6: assembly, and the command.
        module(
            "Collector",
            [
                "Primitives", "OTLP", "Telemetry", "Configuration", "Compression", "Sockets",
                "HTTP", "Pipeline", "Receivers", "Processors", "Exporters", "Extensions",
            ]),
        .executableTarget(
            name: "martlet", dependencies: ["Collector", argumentParser], swiftSettings: settings),

        // Benchmarks of the data plane.
        .target(name: "AllocationCount", path: "Benchmarks/AllocationCount"),
        .executableTarget(
            name: "OTLPBenchmark",
            dependencies: [
                "Primitives", "OTLP", "Configuration", "Pipeline", "Processors", "AllocationCount",
            ],
            path: "Benchmarks/Micro", swiftSettings: settings),

        // Tests.
        .target(name: "ThreadSanitizer", path: "Tests/ThreadSanitizer"),
        .target(
            name: "TestSupport", dependencies: ["Primitives", "OTLP", "ThreadSanitizer"],
            path: "Tests/TestSupport",
            swiftSettings: settings),
        .executableTarget(
            name: "ConformanceTool", dependencies: ["Primitives", "OTLP", "TestSupport"],
            path: "Tests/Conformance/Tool", swiftSettings: settings),
        .target(
            name: "ComponentTesting",
            dependencies: [
                "Primitives", "OTLP", "Telemetry", "Configuration", "Sockets", "HTTP", "Pipeline",
                "TestSupport", logging,
            ],
            path: "Tests/ComponentTesting", swiftSettings: settings),
        tests("Primitives", ["Primitives"]),
        tests("OTLP", ["Primitives", "OTLP"]),
        tests("Telemetry", ["Telemetry"]),
        tests("Configuration", ["Configuration"], except: ["Fixtures"]),
        tests("Compression", ["Compression"]),
        tests("RegularExpressions", ["RegularExpressions"]),
        tests("Hashing", ["Hashing"]),
        tests("Sockets", ["Sockets"]),
        tests("HTTP", ["HTTP"]),
        tests("OTTL", ["OTTL", "OTLP"]),
        tests("Pipeline", ["Pipeline", "ComponentTesting"]),
        tests("Receivers", ["Receivers", "ComponentTesting"]),
        tests("Processors", ["Processors", "ComponentTesting"], except: ["Vectors"]),
        tests("Exporters", ["Exporters", "ComponentTesting", "CLinux"]),
        tests("Extensions", ["Extensions", "ComponentTesting"]),
        tests("Collector", ["Collector", "ComponentTesting"]),
        tests("Repository", ["Collector"]),
    ]
)

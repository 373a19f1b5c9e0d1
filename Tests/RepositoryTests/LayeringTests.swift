import Testing

/// The layers of docs/ARCHITECTURE.md, held against the import lines and against Package.swift.
struct LayeringTests {
    /// What each module may import, lowest layer first. An arrow that is not here is a bug.
    static let layers: KeyValuePairs<String, Set<String>> = [
        "Primitives": [],
        "OTLP": ["Primitives"],
        "Telemetry": ["Primitives", "Logging"],
        "Configuration": ["Primitives", "CYAML"],
        "Compression": ["Primitives", "CDeflate", "CZstd"],
        "RegularExpressions": ["Primitives", "CRE2"],
        "Hashing": ["Primitives", "COpenSSL", "CXXHash"],
        "Sockets": ["Primitives", "CLinux", "COpenSSL", "DequeModule"],
        "HTTP": ["Primitives", "Sockets"],
        "OTTL": ["Primitives", "OTLP", "RegularExpressions", "Hashing"],
        "Pipeline": [
            "Primitives", "OTLP", "Telemetry", "Configuration", "Sockets", "DequeModule",
            "Logging",
        ],
        "Receivers": [
            "Primitives", "OTLP", "Telemetry", "Configuration", "Compression", "Sockets", "HTTP",
            "Pipeline", "Logging",
        ],
        // No Sockets, no HTTP: a processor cannot do I/O.
        "Processors": [
            "Primitives", "OTLP", "Configuration", "RegularExpressions", "Hashing", "OTTL",
            "Pipeline",
        ],
        "Exporters": [
            "Primitives", "OTLP", "Telemetry", "Configuration", "Compression", "Sockets", "HTTP",
            "Pipeline", "Logging",
        ],
        "Extensions": [
            "Primitives", "Telemetry", "Configuration", "Sockets", "HTTP", "Pipeline", "Logging",
        ],
        "Collector": [
            "Primitives", "OTLP", "Telemetry", "Configuration", "Compression", "Sockets", "HTTP",
            "Pipeline", "Receivers", "Processors", "Exporters", "Extensions", "Logging",
        ],
        "martlet": ["Primitives", "Collector", "ArgumentParser"],
    ]

    /// Where the C library may be called: bytes, files, the network, the process. Everyone else
    /// goes through these.
    static let glibcUsers: Set = [
        "Primitives", "Telemetry", "Configuration", "Sockets", "Exporters", "Collector",
    ]

    /// Headers and module maps; no Swift, so no imports.
    static let cModules: Set = [
        "CDeflate", "CLinux", "COpenSSL", "CRE2", "CXXHash", "CYAML", "CZstd",
    ]

    static let moduleNames = layers.map(\.key)

    @Test func `every module has its place in the layers`() {
        let ours = Set(Repository.modules).subtracting(Self.cModules)

        #expect(ours.subtracting(Self.moduleNames) == [])
        #expect(Set(Self.moduleNames).subtracting(Repository.modules) == [])
    }

    @Test func `a module may import only what stands before it`() {
        for (index, layer) in Self.layers.enumerated() {
            let ours = layer.value.intersection(Self.moduleNames)
            #expect(ours.subtracting(Self.moduleNames[..<index]) == [], "\(layer.key)")
        }
    }

    @Test("a module imports what its layer allows, and the system", arguments: moduleNames)
    func imports(module: String) {
        let allowed = allowed(for: module)
        let files = Repository.sources.filter { $0.path.hasPrefix("Sources/\(module)/") }

        let offences = files.offences { line in
            guard let name = importedModule(in: line) else { return false }
            return !allowed.contains(name)
        }

        #expect(offences == [])
    }

    @Test("Package.swift declares what the layer allows", arguments: moduleNames)
    func declaredDependencies(module: String) throws {
        let declared = try declaredDependencies(of: module)

        #expect(declared.subtracting(allowed(for: module)) == [])
        #expect(module == "Primitives" || !declared.isEmpty, "a declaration was not understood")
    }

    @Test func `Foundation stays out of the daemon`() {
        let offences = Repository.sources.offences { line in
            importedModule(in: line)?.hasPrefix("Foundation") == true
        }

        #expect(offences == [])
    }

    private func allowed(for module: String) -> Set<String> {
        let own = Self.layers.first { $0.key == module }?.value ?? []
        let system: Set = ["Synchronization"]
        return own.union(system).union(Self.glibcUsers.contains(module) ? ["Glibc"] : [])
    }

    /// `import Glibc`, `package import OTLP`, `import struct Glibc.stat`, `@preconcurrency import
    /// X`.
    private func importedModule(in line: Substring) -> String? {
        let words = line.split(separator: " ").filter { !$0.hasPrefix("@") }
        guard let index = words.firstIndex(of: "import"), index <= 1 else { return nil }
        let kinds: Set<Substring> = ["struct", "class", "enum", "func", "var", "let", "protocol"]
        let name = words[(index + 1)...].first { !kinds.contains($0) }
        return name?.split(separator: ".").first.map(String.init)
    }

    /// Reads `module("Name", ["A", deque])`, or the executable's `name: "martlet", dependencies:
    /// […]`.
    private func declaredDependencies(of module: String) throws -> Set<String> {
        let manifest = File(path: "Package.swift").text
        let start = try Regex(#"(module\(\s*|name: )"\#(module)",\s*(dependencies: )?\["#)
        guard let match = manifest.firstMatch(of: start) else { return [] }
        let list = manifest[match.range.upperBound...].prefix { $0 != "]" }
        let products = [
            "logging": "Logging", "deque": "DequeModule", "argumentParser": "ArgumentParser",
        ]
        let names = list.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init)
        return Set(names.map { products[$0] ?? $0 })
    }
}

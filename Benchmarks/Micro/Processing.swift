import Configuration
import OTLP
import Pipeline
import Primitives
import Processors

/// Processors with the options of a benchmark.
enum Processing {
    /// What otelcol's users do most: one attribute comes, one is hashed, one goes.
    static let attributes = """
        actions: [{key: deployment.environment, value: production, action: insert},
                  {key: url.path, action: hash}, {key: client.address, action: delete}]
        """

    static let resource = "attributes: [{key: env, value: production, action: upsert}]"

    static func make<P: Processor>(_ type: P.Type, _ yaml: String) -> P {
        let bytes = Array(yaml.utf8)
        let surroundings = Surroundings(
            variable: { _ in nil }, file: { _ in .success(bytes) })
        let diagnostics = Diagnostics()
        let tree = ConfigurationTree.load(
            [.file("benchmark")], in: surroundings, reportingTo: diagnostics)
        var section = Section(tree.root, path: P.name, reportingTo: diagnostics)
        let processor = P(from: &section)
        guard !diagnostics.hasErrors else { fatalError("the benchmark's options are refused") }
        return processor
    }

    /// The size of what a processor forwards of each batch.
    static func run(_ processor: some Processor, _ batches: [Batch]) -> Int {
        var processor = processor
        var size = 0
        for batch in batches {
            var output = Output()
            processor.process(batch, at: Instant(nanoseconds: 1), into: &output)
            for batch in output.forwarded { size += batch.encoded().count }
        }
        return size
    }
}

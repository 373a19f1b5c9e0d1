import Configuration
import Primitives

extension PolicyReader {
    mutating func readAdaptive(from section: inout Section, into made: inout Made) {
        var settings = AdaptiveSettings()
        settings.target =
            section.takeRequired(
                "target_traces_per_second", as: .number(in: 0.001...1e9),
                "traces to keep in a second, of those that no policy before this one sampled")
            ?? settings.target
        let fields = section.takeStrings(
            "fields", default: ["service.name"],
            "what makes the key: attributes of the root span or its resource, and span.name")
        settings.initialProbability =
            section.take(
                "initial_sampling_percentage", default: 10, in: 0...100,
                "the share to keep until the first adjustment") / 100
        settings.smallestProbability =
            section.take(
                "min_sampling_percentage", default: 0, in: 0...100,
                "the share of each key to keep at least, even beyond the target") / 100
        settings.interval = section.take(
            "adjustment_interval", default: .seconds(15), in: .seconds(1) ... .seconds(3600),
            "how often probabilities are adjusted")
        settings.weight = section.take(
            "weight", default: 0.5, in: 0.01...1,
            "how much the last interval counts against those before it")
        settings.keyLimit = section.take(
            "max_keys", default: 500, in: 1...100_000,
            "keys with a probability of their own; all others share one")

        let reader = gatherer.addAdaptiveKey(fields)
        state.adaptives.append(AdaptivePolicy(settings, reader))
        made.node = .adaptive(state.adaptives.count - 1)
        made.summary = "adaptive by \(fields.joined(separator: ", "))"
    }
}

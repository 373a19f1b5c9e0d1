import Logging
import OTLP
import Primitives
import Sockets
import Telemetry

/// A processor with state whose state is split by trace id, so that threads seldom wait for each
/// other: several stages that look like one.
///
///     deliveries ──▶ split by trace id ─┬▶ [ shard 0 ] ─┬▶ route
///                                       └▶ [ shard 1 ] ─┘
///
/// Which shard a trace belongs to depends on its id and the number of shards alone.
package final class ShardedStage<P: Processor>: Stage {
    private let shards: [StatefulStage<P>]
    package let account: Account

    /// - Parameter count: At least 2, at most the processor's `shardLimit`.
    package init(
        _ processor: P, count: Int, route: Route, account: Account, logger: Logger, loop: EventLoop
    ) {
        self.account = account
        shards = (0..<count).map { index in
            StatefulStage(
                processor.shard(index, of: count), route: route, account: account, logger: logger,
                loop: loop)
        }
    }

    package var answersLate: Bool { false }

    package func isOutpaced(at now: Instant) -> Bool { shards[0].isOutpaced(at: now) }

    package func reserve(_ batches: [Batch], hasWaited: Bool) -> Admission {
        for shard in shards {
            // Nothing is set aside, so nothing has to be given back.
            let admission = shard.reserve(batches, hasWaited: hasWaited)
            guard case .admitted = admission else { return admission }
        }
        return .admitted
    }

    package func commit(_ batches: [Batch], _ receipt: Receipt?) {
        for batch in batches {
            let parts = batch.split(byTraceInto: shards.count)
            for shard in shards.indices where !parts[shard].isEmpty {
                shards[shard].commit([parts[shard]], nil)
            }
        }
    }

    package func cancel(_ batches: [Batch]) {}

    package func drain(by deadline: Instant) async {
        for shard in shards { await shard.drain(by: deadline) }
    }

    package var measurements: [Measurement] {
        var table = Measurement.Table()
        for shard in shards {
            for measurement in shard.measurements { table.add(measurement) }
        }
        return table.series
    }

    package func explanation(of trace: TraceID) -> String? {
        shards[trace.shard(of: shards.count)].explanation(of: trace)
    }
}

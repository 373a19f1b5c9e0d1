import Configuration
import Exporters
import Extensions
import Pipeline
import Processors
import Receivers

extension Registry {
    /// Every component of this build. To add one, write its file and one line here.
    package static let standard = Registry(
        receivers: [
            OTLPReceiver.self
        ],
        processors: [
            AttributesProcessor.self,
            BatchProcessor.self,
            Filter.self,
            GroupByTrace.self,
            MemoryLimiter.self,
            ProbabilisticSampler.self,
            RedactionProcessor.self,
            ResourceProcessor.self,
            SpanProcessor.self,
            TailSampling.self,
            Transform.self,
        ],
        exporters: [
            DebugExporter.self,
            FileExporter.self,
            NopExporter.self,
            OTLPHTTPExporter.self,
            StdoutExporter.self,
        ],
        extensions: [
            HealthCheckExtension.self
        ],
        missing: missing)

    /// Names from otelcol and its contrib distribution that people's files have.
    private static let missing: [ComponentKind: [String: String]] = [
        .receiver: [
            "jaeger": "send OTLP to the otlp receiver; Jaeger's own SDKs are retired",
            "zipkin": "send OTLP to the otlp receiver",
            "kafka": "", "prometheus": "", "hostmetrics": "", "filelog": "",
        ],
        .exporter: [
            "otlp": "use otlp_http, port 4318", "otlp_grpc": "use otlp_http, port 4318",
            "jaeger": "use otlp_http; Jaeger takes OTLP at port 4318",
            "loadbalancing": "", "kafka": "", "prometheus": "", "zipkin": "",
        ],
        .extension: [
            "zpages": "", "pprof": "", "basicauth": "", "bearertokenauth": "", "file_storage": "",
            "memory_limiter": "", "memory_ballast": "it does nothing in any collector; remove it",
        ],
    ]
}

extension EditorSignature {
    /// All editors, for `Statement`.
    package static let all = maps + texts + lists + metrics

    private static let function = [
        Parameter("function", .function, default: .none),
        Parameter("replacement_format", .string, default: .none),
    ]

    private static let maps = [
        EditorSignature("delete_key", [Parameter("target", .target), Parameter("key", .string)]),
        EditorSignature(
            "delete_matching_keys", [Parameter("target", .target), Parameter("pattern", .pattern)]),
        EditorSignature(
            "keep_keys", [Parameter("target", .target), Parameter("keys", .listOf(.string))]),
        EditorSignature(
            "keep_matching_keys", [Parameter("target", .target), Parameter("pattern", .pattern)]),
        EditorSignature(
            "limit",
            [
                Parameter("target", .target), Parameter("limit", .literal(.int)),
                Parameter("priority_keys", .literal(.listOf(.string))),
            ]),
        EditorSignature(
            "truncate_all",
            [
                Parameter("target", .target), Parameter("limit", .literal(.int)),
                Parameter("utf8_safe", .literal(.bool), default: .bool(true)),
            ]),
        EditorSignature(
            "merge_maps",
            [
                Parameter("target", .target), Parameter("source", .map),
                Parameter("strategy", .literal(.string)),
            ]),
        EditorSignature(
            "flatten",
            [
                Parameter("target", .target), Parameter("prefix", .string, default: .string("")),
                Parameter("depth", .literal(.int), default: .int(.max)),
                Parameter("resolve_conflicts", .literal(.bool), default: .bool(false)),
            ]),
        EditorSignature("stringify_all", [Parameter("target", .target)]),
    ]

    private static let texts = [
        EditorSignature("set", [Parameter("target", .target), Parameter("value", .any)]),
        EditorSignature(
            "replace_pattern",
            [
                Parameter("target", .target), Parameter("regex", .pattern),
                Parameter("replacement", .string),
            ] + function),
        EditorSignature(
            "replace_all_patterns",
            [
                Parameter("target", .target), Parameter("mode", .literal(.string)),
                Parameter("regex", .pattern), Parameter("replacement", .string),
            ] + function),
        EditorSignature(
            "replace_match",
            [
                Parameter("target", .target), Parameter("pattern", .string),
                Parameter("replacement", .string),
            ] + function),
        EditorSignature(
            "replace_all_matches",
            [
                Parameter("target", .target), Parameter("pattern", .string),
                Parameter("replacement", .string),
            ] + function),
    ]

    private static let lists = [
        EditorSignature(
            "append",
            [
                Parameter("target", .target), Parameter("value", .any, default: .none),
                Parameter("values", .any, default: .none),
            ]),
        EditorSignature(
            "delete_index",
            [
                Parameter("target", .target), Parameter("start_index", .int),
                Parameter("end_index", .int, default: .none),
            ]),
    ]

    private static let metrics = [
        EditorSignature("convert_sum_to_gauge", [], contexts: [.metric]),
        EditorSignature(
            "convert_gauge_to_sum",
            [
                Parameter("aggregation_temporality", .literal(.string)),
                Parameter("monotonic", .literal(.bool)),
            ], contexts: [.metric]),
        EditorSignature(
            "scale_metric",
            [Parameter("factor", .double), Parameter("unit", .string, default: .none)],
            contexts: [.metric]),
    ]

    /// Editors of otelcol that this build does not have.
    package static let missing: Set<String> = [
        "aggregate_on_attribute_value", "aggregate_on_attributes",
        "convert_exponential_histogram_to_histogram", "convert_summary_count_val_to_sum",
        "convert_summary_quantile_val_to_gauge", "convert_summary_sum_val_to_sum", "copy_metric",
        "extract_count_metric", "extract_percentile_metric", "extract_sum_metric",
        "merge_histogram_buckets", "set_semconv_span_name",
    ]
}

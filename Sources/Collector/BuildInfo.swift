/// What this build calls itself.
package enum BuildInfo {
    package static let version = "0.1.0"

    /// For `User-Agent`, in otelcol's form.
    package static var userAgent: String { "martlet/\(version) (linux/\(architecture))" }

    private static var architecture: String {
        #if arch(arm64)
            "arm64"
        #else
            "amd64"
        #endif
    }
}

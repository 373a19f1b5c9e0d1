import Primitives

/// Every limit of the HTTP server and of the parsers, with its default and its reason.
///
/// Sizes are in bytes. Reaching a limit is answered with the status named and counted.
package struct HTTPLimits: Sendable, Equatable {
    /// 414. RFC 9112 §3 recommends at least 8,000 bytes.
    package var requestLineSize = 8 * 1024
    /// 431. One field; tokens of identity providers reach several KiB.
    package var headerLineSize = 16 * 1024
    /// 431. All fields of a head together, line ends included.
    package var headersSize = 64 * 1024
    /// 431. An SDK sends about eight, a chain of proxies adds a dozen.
    package var headerCount = 100
    /// 400. RFC 9112 §2.2: a server should ignore at least one empty line before a request.
    package var emptyLineCount = 4
    /// 413. As it crosses the wire, so before decompression; `Admission` may say otherwise.
    package var bodySize = 20 * 1024 * 1024
    /// 400. A chunk's size with its extension; nobody in this field uses extensions.
    package var chunkLineSize = 256
    /// 400. All extensions of a body together, or tiny chunks could make us read many times
    /// `bodySize`.
    package var chunkExtensionsSize = 4 * 1024
    /// 431. Trailer fields are read and thrown away.
    package var trailersSize = 8 * 1024

    /// Server-wide: more are answered 503 and closed. Each costs a descriptor and a few KiB.
    package var connections = 4096
    /// Between requests. Longer than the minute that SDKs wait between exports of metrics, so that
    /// their connection is still there.
    package var idleTime = Duration.seconds(180)
    /// 408. From the first byte of a head to its last, against clients that drip their headers.
    package var headerTime = Duration.seconds(10)
    /// 408. A body may take this long, and longer only while it comes at `bodyRate` or better.
    package var bodyGraceTime = Duration.seconds(10)
    /// Bytes a second, measured from the body's first byte. A phone on a bad day manages this.
    package var bodyRate = 1024
    /// For a client that asks and does not read the answer.
    package var writeTime = Duration.seconds(30)
    /// A refused request's body up to this size is read and dropped, so that the connection lives
    /// on. Beyond, the connection is closed.
    package var drainSize = 64 * 1024
    /// After an answer that closes the connection we read on a little: closing with bytes unread
    /// would send a reset, which may overtake the answer (RFC 9112 §9.6).
    package var lingerSize = 1024 * 1024
    package var lingerTime = Duration.seconds(2)

    package init() {}

    /// By when more of a body has to arrive. Whole seconds are earned, by the bytes so far.
    func bodyDeadline(began: Instant, received: Int) -> Instant {
        began + bodyGraceTime + .seconds(received / max(1, bodyRate))
    }
}

/// How much of a body's declared size is believed before it arrives.
///
/// The first allocation is at most `firstStep`; after that, at most `factor` times what has come.
/// So a head that claims gigabytes costs nothing, and an honest large body costs two allocations.
enum BodyGrowth {
    static let firstStep = 64 * 1024
    static let factor = 8

    /// The room to make for a body of which `received` bytes have come and `expected` will.
    static func room(expected: Int, received: Int) -> Int {
        let believed = received > Int.max / factor ? .max : received * factor
        return min(expected, max(firstStep, believed))
    }
}

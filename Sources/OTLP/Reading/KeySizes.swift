/// Of how many bytes the keys are that are looked for, so that most attributes are passed over
/// without comparing a key.
package struct KeySizes: Sendable {
    /// A bit for each size, modulo 64.
    private var bits: UInt64

    /// None.
    package init() { bits = 0 }

    private init(bits: UInt64) { self.bits = bits }

    package static let all = KeySizes(bits: .max)

    package mutating func insert(_ size: Int) { bits |= 1 &<< UInt64(size & 63) }

    /// Whether a key of the size may be looked for.
    @inline(__always)
    func contains(_ size: Int) -> Bool { bits &>> UInt64(size & 63) & 1 != 0 }
}

import CRE2
import Primitives

extension RawSpan {
    /// Where `part` occurs first at `start` or behind it; `start` itself if `part` is empty. Linear
    /// in the two lengths, whatever they hold.
    package func firstOffset(of part: RawSpan, from start: Int = 0) -> Int? {
        guard start >= 0, start <= byteCount else { return nil }
        let offset = withUnsafeBytes { text in
            part.withUnsafeBytes { part in
                cre2_search(
                    text.baseAddress?.assumingMemoryBound(to: CChar.self), text.count, start,
                    part.baseAddress?.assumingMemoryBound(to: CChar.self), part.count)
            }
        }
        return offset < 0 ? nil : offset
    }
}

import Glibc
import OTLP
import Primitives

/// Bodies from a file of the end-to-end benchmark, so that both measure the same input.
///
///     "OTLPCRP1"  u32 signal  u32 encoding  u32 bodies  u32  u64 items  u32 size
///                 text, padded to 4
///     per body:   u32 size  u32 items  u32 count  count × u32  body, padded to 4
enum Corpus {
    static func read(_ path: String, bodyLimit limit: Int) -> (signal: Signal, bodies: [Body]) {
        let content = bytes(of: path)
        var offset = 8 + 28
        guard content.count > offset else { return (.traces, []) }
        func number(_ at: Int) -> Int {
            guard at + 4 <= content.count else { return 0 }
            return (0..<4).reduce(0) { $0 | Int(content[at + $1]) << ($1 * 8) }
        }
        offset += (number(32) + 3) / 4 * 4
        var bodies: [Body] = []
        while bodies.count < limit, offset + 12 <= content.count {
            let size = number(offset)
            offset += 12 + 4 * number(offset + 8)
            guard offset + size <= content.count else { break }
            bodies.append(Body(Array(content[offset..<offset + size])))
            offset += (size + 3) / 4 * 4
        }
        let signals: [Int: Signal] = [1: .logs, 2: .metrics]
        return (signals[number(8)] ?? .traces, bodies)
    }

    private static func bytes(of path: String) -> [UInt8] {
        guard let file = fopen(path, "rb") else { return [] }
        defer { fclose(file) }
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = fread(&chunk, 1, chunk.count, file)
            if count == 0 { return content }
            content += chunk[..<count]
        }
    }
}

/// Finds the word that was probably meant: "did you mean 'timeout'?".
package enum NearMiss {
    /// Longer words are not compared; the table grows with the product of both lengths.
    static let lengthLimit = 64

    /// The candidate with the fewest typing mistakes between it and the word, if they are few:
    /// one in every three letters, and at least one.
    package static func closest(
        to word: String, among candidates: some Sequence<String>
    ) -> String? {
        let letters = Array(word.lowercased().unicodeScalars.prefix(lengthLimit + 1))
        guard letters.count <= lengthLimit else { return nil }
        var best: (word: String, distance: Int)?
        for candidate in candidates {
            let other = Array(candidate.lowercased().unicodeScalars.prefix(lengthLimit + 1))
            guard other.count <= lengthLimit else { continue }
            let distance = distance(letters, other)
            let limit = max(1, max(letters.count, other.count) / 3)
            if distance <= limit, distance < best?.distance ?? .max {
                best = (candidate, distance)
            }
        }
        return best?.word
    }

    /// Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment, the
    /// restricted Damerau–Levenshtein distance).
    static func distance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
        var before: [Int] = []
        var previous = Array(0...right.count)
        for row in 0..<left.count {
            var current = [row + 1]
            for column in 0..<right.count {
                let substitution = previous[column] + (left[row] == right[column] ? 0 : 1)
                var cost = min(substitution, previous[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, left[row] == right[column - 1],
                    left[row - 1] == right[column]
                {
                    cost = min(cost, before[column - 1] + 1)
                }
                current.append(cost)
            }
            before = previous
            previous = current
        }
        return previous[right.count]
    }

    /// `did you mean 'a'? the exporters defined are a, b`, or only the list.
    package static func hint(for word: String, _ what: String, _ candidates: [String]) -> String? {
        guard !candidates.isEmpty else { return nil }
        let list = "\(what) \(candidates.joined(separator: ", "))"
        return closest(to: word, among: candidates).map { "did you mean '\($0)'? \(list)" } ?? list
    }
}

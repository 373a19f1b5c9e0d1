/// Everything found wrong with a configuration, collected so that one run shows all of it.
///
/// Identical diagnostics are kept once: a component that stands in three pipelines is read three
/// times. Used by one thread, while the daemon starts or reloads.
package final class Diagnostics {
    /// How many are shown; a file of another kind altogether would fill the screen.
    package static let shownLimit = 100

    private var found: [Diagnostic] = []
    private var seen: Set<Diagnostic> = []
    private var texts: [String: [Substring]] = [:]
    private var order: [String: Int] = [:]

    package init() {}

    package func add(_ diagnostic: Diagnostic) {
        if seen.insert(diagnostic).inserted { found.append(diagnostic) }
    }

    package func error(
        _ message: String, at location: SourceLocation? = nil, hint: String? = nil,
        notes: [Diagnostic.Note] = []
    ) {
        add(Diagnostic(.error, message, at: location, hint: hint, notes: notes))
    }

    package func warning(
        _ message: String, at location: SourceLocation? = nil, hint: String? = nil
    ) {
        add(Diagnostic(.warning, message, at: location, hint: hint))
    }

    /// Remembers the text of a source, so that its lines can be shown. Sources are sorted in the
    /// order in which they are added.
    package func addSource(_ file: String, text: String) {
        if order[file] == nil { order[file] = order.count }
        texts[file] = text.split(separator: "\n", omittingEmptySubsequences: false)
    }

    package var hasErrors: Bool { found.contains { $0.severity == .error } }
    package var isEmpty: Bool { found.isEmpty }

    /// In the order of sources, lines and columns; those without a place come last.
    package var sorted: [Diagnostic] {
        // The standard sort is not documented to be stable, so the position breaks ties.
        found.enumerated().sorted { sortKey($0) < sortKey($1) }.map(\.element)
    }

    private func sortKey(_ item: (offset: Int, element: Diagnostic)) -> (Int, Int, Int, Int) {
        guard let location = item.element.location else { return (.max, 0, 0, item.offset) }
        return (order[location.file] ?? .max - 1, location.line, location.column, item.offset)
    }

    /// The whole report, as a compiler would print it, with a newline at the end of each line.
    ///
    ///     collector.yaml:14:20: error: processors.tail_sampling.decision_wait is '10', but must …
    ///        14 |     decision_wait: 10
    ///           |                    ^~
    ///       hint: write the unit, such as 10s
    package func rendered() -> String {
        let all = sorted
        var text = all.prefix(Self.shownLimit).map(rendered).joined()
        if all.count > Self.shownLimit {
            text += "and \(all.count - Self.shownLimit) more\n"
        }
        return text
    }

    package func rendered(_ diagnostic: Diagnostic) -> String {
        let place = diagnostic.location.map { "\($0): " } ?? ""
        var text = "\(place)\(diagnostic.severity.rawValue): \(diagnostic.message)\n"
        if let location = diagnostic.location, diagnostic.showsSource {
            text += excerpt(at: location)
        }
        for note in diagnostic.notes {
            text += "\(note.location): note: \(note.message)\n" + excerpt(at: note.location)
        }
        if let hint = diagnostic.hint { text += "  hint: \(hint)\n" }
        return text
    }

    /// The line and a caret beneath the place, or nothing if the text is not known.
    private func excerpt(at location: SourceLocation) -> String {
        guard let lines = texts[location.file], lines.indices.contains(location.line - 1) else {
            return ""
        }
        // Where nothing is written, such as in an empty file, there is nothing to show.
        guard lines[location.line - 1].contains(where: { $0 != " " }) else { return "" }
        let line = SourceExcerpt(lines[location.line - 1], at: location)
        let number = String(location.line)
        let margin = String(repeating: " ", count: max(0, 5 - number.count)) + number
        let blank = String(repeating: " ", count: max(5, number.count))
        return "\(margin) | \(line.text)\n\(blank) | \(line.underline)\n"
    }
}

/// One line of a source, cut to a window around the place that is meant.
private struct SourceExcerpt {
    /// Characters of a line that are shown. Longer lines are cut on both sides.
    static let widthLimit = 120

    let text: String
    let underline: String

    init(_ line: Substring, at location: SourceLocation) {
        let scalars = line.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7f ? " " : $0 }
        let column = min(max(0, location.column - 1), scalars.count)
        let start = column < Self.widthLimit - 20 ? 0 : column - Self.widthLimit / 2
        let end = min(scalars.count, start + Self.widthLimit)

        var shown = String.UnicodeScalarView()
        shown.append(contentsOf: scalars[start..<end])
        text = String(shown)
        let width = max(1, min(location.width, end - column))
        underline =
            String(repeating: " ", count: column - start) + "^"
            + String(repeating: "~", count: width - 1)
    }
}

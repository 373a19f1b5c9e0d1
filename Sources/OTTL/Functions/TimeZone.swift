import Primitives

/// What clocks show in a place, or at an offset that never changes.
enum TimeZone: Sendable {
    case fixed(Int64, name: String?)
    case place(TimeZoneRules)

    static let utc = TimeZone.fixed(0, name: nil)

    /// A zone of the time zone database, which is read here. The empty name and `Local` are UTC.
    init?(named name: String) {
        switch name {
        case "", "Local", "UTC", "Etc/UTC": self = .utc
        default:
            if let offset = Self.offset(ofAbbreviation: name) {
                self = .fixed(offset, name: name)
            } else if let offset = Self.offset(ofEtc: name) {
                self = .fixed(offset, name: nil)
            } else if let rules = TimeZoneRules(named: name) {
                self = .place(rules)
            } else {
                return nil
            }
        }
    }

    /// Of the abbreviations, those that are zones of the database without summer time.
    private static func offset(ofAbbreviation name: String) -> Int64? {
        switch name {
        case "UTC", "GMT", "UCT": 0
        case "EST": -5 * 3600
        case "MST": -7 * 3600
        case "HST": -10 * 3600
        default: nil
        }
    }

    /// `Etc/GMT+5` is west of Greenwich.
    private static func offset(ofEtc name: String) -> Int64? {
        guard name.hasPrefix("Etc/GMT"), let hours = Int64(name.dropFirst(7)),
            (-14...12).contains(hours)
        else { return nil }
        return -hours * 3600
    }

    /// The time at which clocks show so many seconds since 1970.
    func time(whenClocksShow local: Int64, _ nanoseconds: Int64) -> Time {
        let offset =
            switch self {
            case .fixed(let seconds, let name): (seconds, name)
            case .place(let rules):
                rules.offset(whenClocksShow: local).pair
            }
        return Time(local, nanoseconds, offset.0, offset.1)
    }

    /// The same, at the offset that an abbreviation stands for here or everywhere; `GMT+5` is five
    /// hours ahead.
    func time(
        whenClocksShow local: Int64, _ nanoseconds: Int64, abbreviation: String
    ) -> Time? {
        var offset: Int64?
        if case .place(let rules) = self { offset = rules.offset(named: abbreviation)?.seconds }
        offset = offset ?? Self.offset(ofAbbreviation: abbreviation)
        if offset == nil, abbreviation.hasPrefix("GMT") {
            offset = Int64(abbreviation.dropFirst(3)).map { $0 * 3600 }
        }
        return offset.map { Time(local, nanoseconds, $0, abbreviation) }
    }
}

extension TimeZoneRules.Offset {
    fileprivate var pair: (Int64, String?) { (seconds, name) }
}

extension Time {
    /// When clocks show `local` that are `offset` ahead of UTC.
    init(_ local: Int64, _ nanoseconds: Int64, _ offset: Int64, _ name: String?) {
        self.init(seconds: local &- offset, nanoseconds: nanoseconds, zoneOffset: offset)
        zoneName = name
    }
}

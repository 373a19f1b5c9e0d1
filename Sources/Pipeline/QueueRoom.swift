import DequeModule

/// How full a queue is, and the line of senders who wait for room.
///
///     newcomer ─▶ [ line ] ─▶ room is promised ─▶ next try ─▶ taken, or passed on
///
/// Nobody overtakes: while somebody waits, newcomers go behind them, so a large batch is not
/// starved by small ones. A promise is made to the first in line only, and ends with their next
/// try, which may fail for reasons of another queue; then the next in line has a turn.
/// Confined to the lock of its queue.
///
/// Invariant: 0 ≤ used ≤ limit; if the line is not empty, its first one does not fit, or a promise
/// is open whose end will look again.
struct QueueRoom<Sender> {
    let limit: Int
    /// Reserved, waiting and in flight.
    private(set) var used = 0
    private var promised = 0
    private var line = Deque<(sender: Sender, cost: Int)>()

    init(limit: Int) {
        self.limit = limit
    }

    /// Takes room if there is any for this sender.
    mutating func take(_ cost: Int, hasWaited: Bool) -> Bool {
        let taken = hasWaited ? used : used + promised
        guard hasWaited || line.isEmpty, cost <= limit - taken else { return false }
        used += cost
        return true
    }

    mutating func giveBack(_ cost: Int) {
        used -= cost
        assert(used >= 0, "room is given back once")
    }

    /// Promises room at once, or puts the sender in line and returns `false`.
    mutating func promise(_ cost: Int, orWait sender: Sender) -> Bool {
        if line.isEmpty, cost <= limit - used - promised {
            promised += cost
            return true
        }
        line.append((sender, cost))
        return false
    }

    mutating func endPromise(_ cost: Int) {
        promised -= cost
    }

    /// The first in line, if there is room to promise.
    mutating func promiseNext() -> Sender? {
        guard let first = line.first, first.cost <= limit - used - promised else { return nil }
        promised += first.cost
        return line.removeFirst().sender
    }

    /// Everybody in line, because waiting has become pointless.
    mutating func dismiss() -> [Sender] {
        defer { line = [] }
        return line.map(\.sender)
    }
}

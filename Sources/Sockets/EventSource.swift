import CLinux

/// What the kernel says about a descriptor. (epoll_ctl(2))
struct Readiness: OptionSet {
    let rawValue: UInt32

    static let reading = Readiness(rawValue: EPOLLIN.rawValue)
    static let writing = Readiness(rawValue: EPOLLOUT.rawValue)
    /// The peer has sent everything it will send, or the connection is gone.
    static let end = Readiness(
        rawValue: EPOLLRDHUP.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue)
    static let edgeTriggered = Readiness(rawValue: EPOLLET.rawValue)
}

/// Owner of a descriptor that a loop watches. Both calls come on the loop's thread.
protocol EventSource: AnyObject {
    func ready(_ events: Readiness)
    /// The loop is about to end: close, and resume whoever waits.
    func loopStops()
}

/// The sources of a loop by descriptor.
///
/// The kernel reports a batch of events; an early one may close a descriptor whose number is taken
/// again before a later one of the batch is looked at. Each registration therefore has a
/// generation, which travels through epoll's 64 bits and must match.
struct SourceTable {
    private struct Slot {
        var source: (any EventSource)?
        var generation: UInt32 = 0
    }

    private var slots: [Slot] = []
    private(set) var count = 0

    /// Enters the source and returns the tag its events will carry.
    mutating func insert(_ source: any EventSource, for fd: Int32) -> UInt64 {
        let index = Int(fd)
        while slots.count <= index { slots.append(Slot()) }
        precondition(slots[index].source == nil, "a descriptor is registered once")
        slots[index].source = source
        slots[index].generation &+= 1
        count += 1
        return Self.tag(fd, slots[index].generation)
    }

    mutating func remove(_ fd: Int32) {
        precondition(slots[Int(fd)].source != nil, "a descriptor is removed once")
        slots[Int(fd)].source = nil
        count -= 1
    }

    /// The source an event is for, `nil` if that one is gone.
    func source(for tag: UInt64) -> (any EventSource)? {
        let index = Int(UInt32(truncatingIfNeeded: tag))
        guard index < slots.count, slots[index].generation == UInt32(tag >> 32) else { return nil }
        return slots[index].source
    }

    /// The tag of a registered descriptor.
    func tag(for fd: Int32) -> UInt64 {
        Self.tag(fd, slots[Int(fd)].generation)
    }

    var all: [any EventSource] { slots.compactMap(\.source) }

    private static func tag(_ fd: Int32, _ generation: UInt32) -> UInt64 {
        UInt64(generation) << 32 | UInt64(UInt32(bitPattern: fd))
    }
}

import Primitives

/// Something that is due once, on the thread of one loop. Scheduled again at will.
package final class LoopTimer {
    enum Action {
        /// Not called any more once the loop stops.
        case call(() -> Void)
        /// With `true` when it is due, with `false` when the loop stops before.
        case resume(UnsafeContinuation<Bool, Never>)
    }

    /// When it is due; meaningful while scheduled.
    fileprivate(set) var deadline = Instant.distantFuture
    /// The place in the queue's heap, -1 while not scheduled.
    fileprivate var heapIndex = -1
    /// Ties are broken by age, so that timers of one instant fire in the order they were set.
    fileprivate var sequence: UInt64 = 0
    var action: Action

    package init(_ action: @escaping () -> Void) {
        self.action = .call(action)
    }

    package var isScheduled: Bool { heapIndex >= 0 }

    fileprivate func isBefore(_ other: LoopTimer) -> Bool {
        deadline == other.deadline ? sequence < other.sequence : deadline < other.deadline
    }
}

/// The timers of a loop: a binary heap, earliest first, in which each timer knows its place, so
/// that cancelling leaves nothing behind.
///
/// Invariant: heap[i].heapIndex == i, and no timer is before its parent.
struct TimerQueue {
    private var heap: [LoopTimer] = []
    private var nextSequence: UInt64 = 0

    var count: Int { heap.count }

    var earliest: Instant? { heap.first?.deadline }

    /// Sets the timer, or moves it if it is set already.
    mutating func schedule(_ timer: LoopTimer, at deadline: Instant) {
        if timer.isScheduled { cancel(timer) }
        timer.deadline = deadline
        timer.sequence = nextSequence
        nextSequence += 1
        timer.heapIndex = heap.count
        heap.append(timer)
        siftUp(from: heap.count - 1)
    }

    mutating func cancel(_ timer: LoopTimer) {
        let index = timer.heapIndex
        guard index >= 0 else { return }
        precondition(heap[index] === timer, "a timer belongs to one loop")
        exchange(index, heap.count - 1)
        heap.removeLast()
        timer.heapIndex = -1
        guard index < heap.count else { return }
        siftDown(from: index)
        siftUp(from: index)
    }

    /// The earliest timer, if it is due.
    mutating func removeFirst(dueBy now: Instant) -> LoopTimer? {
        guard let first = heap.first, first.deadline <= now else { return nil }
        cancel(first)
        return first
    }

    private mutating func siftUp(from start: Int) {
        var index = start
        while index > 0 {
            let parent = (index - 1) / 2
            guard heap[index].isBefore(heap[parent]) else { return }
            exchange(index, parent)
            index = parent
        }
    }

    private mutating func siftDown(from start: Int) {
        var index = start
        while true {
            var least = index
            for child in (2 * index + 1)...(2 * index + 2) where child < heap.count {
                if heap[child].isBefore(heap[least]) { least = child }
            }
            guard least != index else { return }
            exchange(index, least)
            index = least
        }
    }

    private mutating func exchange(_ left: Int, _ right: Int) {
        guard left != right else { return }
        heap.swapAt(left, right)
        heap[left].heapIndex = left
        heap[right].heapIndex = right
    }
}

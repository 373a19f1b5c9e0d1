import Glibc
import Synchronization

/// A value that a loop produces and the main thread, which is no loop, waits for. (sem_wait(3))
final class Outcome<Value: Sendable>: @unchecked Sendable {  // The semaphore orders accesses.
    private let value = Mutex<Value?>(nil)
    private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    init() {
        sem_init(semaphore, 0, 0)
    }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    /// The first value counts.
    func settle(_ value: Value) {
        let isFirst = self.value.withLock { settled in
            defer { settled = settled ?? value }
            return settled == nil
        }
        if isFirst { sem_post(semaphore) }
    }

    func wait() -> Value {
        while true {
            if sem_wait(semaphore) == 0, let value = value.withLock({ $0 }) { return value }
        }
    }
}

import CLinux

/// Two knobs of glibc's allocator that decide what a busy daemon keeps resident. (mallopt(3))
package enum ProcessMemory {
    /// Bounds how many separate heaps the threads use. Without it every thread gets one and keeps
    /// what it once needed. To be called before the first thread is started.
    package static func limitArenas(to count: Int32) {
        _ = mallopt(M_ARENA_MAX, count)
    }

    /// Gives free pages back to the kernel. Takes a millisecond or a few, so for idle times: after
    /// a burst it is the difference between 145 and 10–24 MB resident. (malloc_trim(3))
    package static func trim() {
        _ = malloc_trim(0)
    }
}

import CLinux
import Primitives

/// Knobs of glibc's allocator that decide what a busy daemon keeps resident. (mallopt(3))
package enum ProcessMemory {
    /// Bounds how many separate heaps the threads use. Without it every thread gets one and keeps
    /// what it once needed. To be called before the first thread is started.
    package static func limitArenas(to count: Int32) {
        _ = mallopt(M_ARENA_MAX, count)
    }

    /// Gives back to the kernel what is free. (malloc_trim(3))
    package static func release() {
        ByteMemory.trim()
        _ = malloc_trim(0)
    }

    /// Gives back to the kernel what was kept for a load that is over. Takes microseconds.
    package static func trimUnneeded() {
        ByteMemory.trimUnneeded()
    }

    /// Gives back to the kernel what is free, and code that only starting needed. Takes a
    /// millisecond or a few, so it is for idle times: after a burst it is the difference between
    /// 145 and 10–24 MB resident, after the start between 13 and 5. (malloc_trim(3), madvise(2))
    package static func trim() {
        ByteMemory.trim()
        _ = malloc_trim(0)
        clinux_release_code_pages()
    }
}

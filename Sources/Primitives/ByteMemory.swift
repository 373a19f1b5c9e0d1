import Glibc
import Synchronization

/// Where the bytes of buffers and bodies stand.
///
/// Small blocks come from `malloc`. A large one is a mapping of its own, so that bodies which are
/// held for long, and freed in another order than they came, leave no holes in a heap. A fresh
/// mapping costs a page fault for every 4 KiB, more than everything else that is done with a body;
/// so mappings that were freed last are kept, and one of about the right size is taken.
///
/// A block is known by its size: from `mappingThreshold` on, multiples of the page size are
/// mappings.
package enum ByteMemory {
    /// A block: its bytes, and how many there are, which whoever frees it has to say.
    struct Block: @unchecked Sendable {  // Has one owner, who may hand it on.
        var storage: UnsafeMutableRawPointer?
        var size = 0
    }

    /// Bytes from which on a block is a mapping.
    static let mappingThreshold = 32 << 10
    private static let pageSize = 4096

    /// A block of at least `size` bytes. The first `count` bytes of `old`, which is given up, are
    /// moved there.
    ///
    /// - Parameter wanted: How many bytes there will be in the end, not less than `size`. Of a
    ///   mapping, memory is only what has been written to, so that much is given at once.
    static func resize(
        _ old: Block, to size: Int, wanted: Int? = nil, keeping count: Int
    ) -> Block {
        if size < mappingThreshold && !isMapping(old.size) {
            return heapBlock(old.storage, max(size, 1))
        }
        // A small part is moved instead, so that the mapping can be used again as it is.
        if size >= mappingThreshold, old.size / 2...old.size ~= size, isMapping(old.size) {
            return Mappings.shrink(old, to: pages(size) * pageSize)
        }
        let new = allocate(size, wanted ?? size)
        if let source = old.storage, let target = new.storage { memcpy(target, source, count) }
        free(old)
        return new
    }

    static func free(_ block: Block) {
        if isMapping(block.size) {
            Mappings.shared.withLock { $0.free(block) }
        } else {
            Glibc.free(block.storage)
        }
    }

    /// Gives back to the kernel the mappings that are kept.
    package static func trim() {
        Mappings.shared.withLock { $0.unmapSpares() }
    }

    /// Gives back to the kernel the mappings that were kept and not needed since the last call.
    package static func trimUnneeded() {
        Mappings.shared.withLock { $0.unmapUnneeded() }
    }

    private static func isMapping(_ size: Int) -> Bool {
        size >= mappingThreshold && size % pageSize == 0
    }

    private static func allocate(_ size: Int, _ wanted: Int) -> Block {
        guard size >= mappingThreshold else { return heapBlock(nil, max(size, 1)) }
        let whole = pages(size) * pageSize
        let best = pages(wanted) * pageSize
        let mapping = Mappings.shared.withLock { $0.take(best) ?? $0.take(whole) }
        if let mapping { return mapping }
        // One byte more, by which it is known to be none of the mappings.
        return heapBlock(nil, whole + 1)
    }

    private static func pages(_ size: Int) -> Int { (size + pageSize - 1) / pageSize }

    /// A block of the heap, to which the bytes of another one of the heap are moved.
    private static func heapBlock(_ storage: UnsafeMutableRawPointer?, _ size: Int) -> Block {
        guard let moved = realloc(storage, size) else {
            fatalError("out of memory: \(size) bytes could not be allocated")
        }
        return Block(storage: moved, size: size)
    }
}

/// The mappings in use, and those that are kept to be used again.
struct Mappings: @unchecked Sendable {  // The spares are nobody else's.
    static let shared = Mutex(Mappings())

    /// The kernel allows a process 65,530 mappings; beyond this number the heap is used.
    private static let countLimit = 50_000
    private static let spareCountLimit = 512
    /// So much is kept beside what is in use that both are this large: a daemon that holds little
    /// takes and frees whole batches at once.
    private static let smallSize = 48 << 20
    /// Beyond, a part of what is in use: an eighth of a second's load if bodies are held for five …
    private static let usedToSpareLimit = 32
    /// … within limits: what is in use may be no more than what senders have announced.
    private static let spareSizeLimits = 4 << 20...64 << 20

    private var count = 0
    private(set) var usedSize = 0
    /// The last one was freed last.
    private var spares: [ByteMemory.Block] = []
    private(set) var spareSize = 0
    /// The least that `spareSize` has been since `unmapUnneeded`: more than was needed.
    private var unneededSize = 0

    /// A mapping of at least `size` bytes, or `nil` if there are too many mappings.
    mutating func take(_ size: Int) -> ByteMemory.Block? {
        if let index = indexOfSpare(for: size) {
            let spare = spares.remove(at: index)
            spareSize -= spare.size
            unneededSize = min(unneededSize, spareSize)
            usedSize += spare.size
            return spare
        }
        guard count < Self.countLimit else { return nil }
        let storage = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let storage, storage != UnsafeMutableRawPointer(bitPattern: -1) else { return nil }
        count += 1
        usedSize += size
        return ByteMemory.Block(storage: storage, size: size)
    }

    mutating func free(_ mapping: ByteMemory.Block) {
        usedSize -= mapping.size
        spareSize += mapping.size
        spares.append(mapping)
        let limits = Self.spareSizeLimits
        let share = max(usedSize / Self.usedToSpareLimit, Self.smallSize - usedSize)
        let limit = min(max(share, limits.lowerBound), limits.upperBound)
        while spareSize > limit || spares.count > Self.spareCountLimit { unmapOldest() }
    }

    mutating func unmapSpares() {
        while !spares.isEmpty { unmapOldest() }
    }

    mutating func unmapUnneeded() {
        let needed = spareSize - unneededSize
        while let oldest = spares.first, spareSize - oldest.size >= needed { unmapOldest() }
        unneededSize = spareSize
    }

    private mutating func unmapOldest() {
        let spare = spares.removeFirst()
        spareSize -= spare.size
        unneededSize = min(unneededSize, spareSize)
        count -= 1
        munmap(spare.storage, spare.size)
    }

    /// The smallest spare of the size or up to a third more; of equals, the one freed last.
    private func indexOfSpare(for size: Int) -> Int? {
        var best: Int?
        var least = size + size / 3 + 1
        for index in spares.indices.reversed() where spares[index].size >= size {
            if spares[index].size < least { (best, least) = (index, spares[index].size) }
        }
        return best
    }

    /// Gives back the end of a mapping.
    static func shrink(_ mapping: ByteMemory.Block, to size: Int) -> ByteMemory.Block {
        guard size < mapping.size, let storage = mapping.storage else { return mapping }
        munmap(storage + size, mapping.size - size)
        shared.withLock { $0.usedSize -= mapping.size - size }
        return ByteMemory.Block(storage: storage, size: size)
    }
}

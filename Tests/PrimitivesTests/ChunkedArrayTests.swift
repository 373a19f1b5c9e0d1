import Testing

@testable import Primitives

struct ChunkedArrayTests {
    @Test func `elements stay where they are while it grows`() {
        var array = ChunkedArray<Int>(chunkSize: 3)

        for number in 0..<1000 { array.append(number) }
        array[500] = -1

        #expect(array.count == 1000)
        #expect((0..<1000).map { array[$0] } == (0..<1000).map { $0 == 500 ? -1 : $0 })
        #expect(array.capacity == 1000)
    }

    @Test func `a copy is a value of its own`() {
        var array = ChunkedArray<Int>(chunkSize: 4)
        array.append(1)
        var copy = array

        copy[0] = 2
        copy.append(3)

        #expect(array[0] == 1)
        #expect(array.count == 1)
        #expect(copy[0] == 2)
    }

    @Test func `emptied, it has no memory`() {
        var array = ChunkedArray<Int>(chunkSize: 4)
        for number in 0..<10 { array.append(number) }

        array.removeAll()

        #expect(array.count == 0)
        #expect(array.capacity == 0)
    }
}

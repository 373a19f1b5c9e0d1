import OTLP
import Primitives
import TestSupport
import Testing

@testable import Processors

/// The tables of `tail_sampling`, each against something simple that does the same.
struct TailSamplingPartsTests {
    // MARK: TraceTable

    @Test(arguments: 0..<8 as Range<UInt64>)
    func `traces are found by id, and come out in the order in which they are due`(seed: UInt64) {
        var dice = SeededGenerator(seed: seed)
        var table = TraceTable()
        var model: [TraceID: UInt32] = [:]
        var dueTimes: [TraceID: UInt64] = [:]
        var clock: UInt64 = 0

        for _ in 0..<4000 {
            clock += UInt64.random(in: 0...3, using: &dice)
            let id = TraceID(
                high: UInt64.random(in: 0...1, using: &dice),
                low: UInt64.random(in: 0...700, using: &dice))
            #expect(table.find(id) == model[id])
            switch Int.random(in: 0..<5, using: &dice) {
            case 0, 1, 2:
                guard model[id] == nil else { continue }
                let due = Instant(nanoseconds: clock + 1000)
                model[id] = table.insert(id, at: Instant(nanoseconds: clock), dueAt: due)
                dueTimes[id] = due.nanoseconds
            case 3:
                guard let slot = model[id], table[slot].queue == .arrivals,
                    clock + 100 < dueTimes[id] ?? 0
                else { continue }
                table.hasten(slot, to: Instant(nanoseconds: clock + 100))
                dueTimes[id] = clock + 100
            default:
                guard let next = table.next else { continue }
                let first = table[next].id
                #expect(dueTimes[first] == dueTimes.values.min())
                table.remove(next)
                model[first] = nil
                dueTimes[first] = nil
            }
            #expect(table.count == model.count)
        }
        while let next = table.next {
            #expect(dueTimes[table[next].id] == dueTimes.values.min())
            dueTimes[table[next].id] = nil
            table.remove(next)
        }

        #expect(dueTimes.isEmpty)
        #expect(table.count == 0)
        #expect(table.oldestArrival == nil)
    }

    // MARK: SpanChains

    @Test func `chains that grow together stay apart`() {
        var dice = SeededGenerator(seed: 1)
        var chains = SpanChains()
        var ends = [UInt32](repeating: SpanChains.none, count: 10)
        var model = [[UInt32]](repeating: [], count: 10)

        for number in 0..<20_000 as Range<UInt32> {
            let chain = Int.random(in: 0..<10, using: &dice)
            if number % 50 == 49 {
                var places: [UInt32] = []
                while let place = chains.removeLast(&ends[chain]) {
                    places.append(place.position)
                }
                #expect(places == model[chain].reversed())
                #expect(ends[chain] == SpanChains.none)
                model[chain] = []
            }
            chains.append(SpanStock.Place(slot: 0, position: number), to: &ends[chain])
            model[chain].append(number)
            #expect(chains.count == model.reduce(0) { $0 + $1.count })
        }
    }

    // MARK: DecisionCache

    private static func id(_ number: UInt64) -> TraceID {
        TraceID(high: number &* 0x9e37_79b9_7f4a_7c15, low: number)
    }

    private static func note(_ number: UInt64) -> DecisionCache.Note {
        DecisionCache.Note(
            logNumber: UInt32(truncatingIfNeeded: number), policy: Int(number % 300),
            second: number)
    }

    @Test func `the cache remembers about as many traces as it is told, the last ones`() {
        var cache = DecisionCache(limit: 10_000)

        for number in 0..<40_000 as Range<UInt64> {
            cache.insert(Self.id(number), Self.note(number))
        }
        let last = (30_000..<40_000 as Range<UInt64>).filter { cache.peek(Self.id($0)) != nil }
        let older = (0..<27_000 as Range<UInt64>).filter { cache.peek(Self.id($0)) != nil }
        let strangers = (50_000..<90_000 as Range<UInt64>).filter {
            cache.peek(Self.id($0)) != nil
        }

        #expect(last.count > 9_300)
        #expect(older.count < 2_000)
        #expect(strangers == [])
        #expect(cache.byteCount <= 10_000 * 16 * 5 / 4 + 128)
        #expect(cache.count + cache.forgottenCount == 40_000)
    }

    @Test func `what is asked for is not forgotten`() {
        var cache = DecisionCache(limit: 64)
        cache.insert(Self.id(0), Self.note(0))

        for number in 1..<5_000 as Range<UInt64> {
            cache.insert(Self.id(number), Self.note(number))
            #expect(cache.find(Self.id(0)) != nil)
        }
    }

    @Test func `a note comes back as it was`() {
        var cache = DecisionCache(limit: 10)
        cache.insert(
            Self.id(1),
            DecisionCache.Note(logNumber: UInt32.max - 1, policy: 7, second: 1 << 24 | 5))
        cache.insert(Self.id(2), DecisionCache.Note(logNumber: 3, policy: nil, second: 1))

        let first = cache.find(Self.id(1))
        let second = cache.find(Self.id(2))

        #expect(first?.logNumber == UInt32.max - 1)
        #expect(first?.policy == 7)
        #expect(first?.second == 5)
        #expect(second?.policy == .max)
    }

    @Test func `a cache of size 0 remembers nothing`() {
        var cache = DecisionCache(limit: 0)

        cache.insert(Self.id(1), Self.note(1))

        #expect(cache.find(Self.id(1)) == nil)
        #expect(cache.byteCount == 0)
    }

    // MARK: DecisionLog

    @Test func `the log forgets the oldest decisions`() {
        var log = DecisionLog(limit: 3)
        let verdict = PolicyVerdict(.sampled, because: .policy, policy: 2, threshold: 5)
        for number in 0..<5 as Range<UInt64> {
            let trace = TraceSummary(
                Self.id(number), spanCount: Int(number), byteCount: 1,
                firstArrival: Instant(nanoseconds: 0))
            let entry = DecisionLog.Entry(
                trace, verdict, .wait, at: Instant(nanoseconds: number * 1_000_000))
            #expect(log.append(entry) == UInt32(number))
        }

        #expect(log.find(Self.id(1)) == nil)
        #expect(log.find(Self.id(4))?.spanCount == 4)
        #expect(log.find(Self.id(4))?.waitedMilliseconds == 4)
        #expect(log.noteLate(0, Self.id(0)) == nil)
        #expect(log.noteLate(3, Self.id(3)) == verdict)
        #expect(log.find(Self.id(3))?.lateCount == 1)
    }
}

import Pipeline
import Primitives
import Testing

struct MemoryCheckTests {
    /// A process whose memory the test sets, and whose clock it moves.
    private final class Scene {
        let check: MemoryCheck
        var used = 0
        /// What is left when free memory has been given back.
        var usedAfterRelease: Int?
        var releases = 0
        var now = Instant(nanoseconds: 1_000_000_000_000)

        init(
            soft: MemoryCheck.Pause = .init(shortest: .seconds(10), longest: .seconds(30)),
            hard: MemoryCheck.Pause = .init(shortest: .zero, longest: .seconds(30))
        ) {
            check = MemoryCheck(
                interval: .seconds(1), softLimit: 800 << 40, hardLimit: 1000 << 40,
                softPause: soft, hardPause: hard)
        }

        /// In units that no test process comes near, since bodies count, too.
        func tick(_ units: Int, after pause: Duration = .seconds(1)) -> MemoryCheck.Change? {
            now = now + pause
            used = units << 40
            return check.check(at: now, measure: { used }) {
                releases += 1
                if let left = usedAfterRelease { used = left << 40 }
            }
        }
    }

    @Test func `refusing starts at the soft limit and ends below it`() {
        let scene = Scene()

        let changes = [799, 800, 900, 1100, 800, 799, 700].map { scene.tick($0) }

        #expect(changes == [nil, .refuses, nil, nil, nil, .resumes, nil])
    }

    @Test func `giving back what is free can be enough`() {
        let scene = Scene()
        scene.usedAfterRelease = 500

        let change = scene.tick(950)

        #expect(change == nil)
        #expect(!scene.check.refuses)
        #expect(scene.releases == 1)
    }

    @Test func `between the limits memory is given back after a pause`() {
        let scene = Scene()

        for _ in 0..<10 { _ = scene.tick(900) }
        let early = scene.releases
        for _ in 0..<20 { _ = scene.tick(900) }

        // At once; then, as it did not help, after 20 seconds.
        #expect([early, scene.releases] == [1, 2])
    }

    @Test func `above the hard limit pauses grow as long as it does not help`() {
        let scene = Scene()
        var releaseTicks: [Int] = []

        for tick in 0..<70 {
            let before = scene.releases
            _ = scene.tick(1200)
            if scene.releases > before { releaseTicks.append(tick) }
        }

        #expect(releaseTicks == [0, 2, 6, 14, 30, 61])
    }

    @Test func `a pause of 0 at most is always the shortest`() {
        let scene = Scene(hard: .init(shortest: .zero, longest: .zero))

        for _ in 0..<20 { _ = scene.tick(1200) }

        #expect(scene.releases == 20)
    }

    @Test func `an instance that follows says the same`() {
        let scene = Scene()
        let other = Scene()
        _ = scene.tick(900)

        other.check.follow(scene.check)

        #expect(other.check.refuses)
    }
}

import OTTL
import Testing

struct PathContextTests {
    @Test func `contexts have the names that people write`() {
        #expect(PathContext(rawValue: "spanevent") == .spanevent)
    }
}

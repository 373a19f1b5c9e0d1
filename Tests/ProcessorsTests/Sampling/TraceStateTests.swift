import Primitives
import TestSupport
import Testing

@testable import Processors

struct TraceStateTests {
    /// What is read and written again without a change; `nil` if the text is malformed.
    private func again(_ text: String) -> String? {
        let bytes = Array(text.utf8)
        let state = TraceState(bytes.span.bytes)
        if state.isMalformed { return nil }
        var buffer = ByteBuffer()
        state.append(to: &buffer)
        return String(buffer)
    }

    @Test func `ot comes first, rv and th before the rest, and spaces go`() {
        let texts = [
            "ot=th:C": "ot=th:C",
            "vendor=1,ot=th:8,other=2": "ot=th:8,vendor=1,other=2",
            " ot=th:8 , v=1 ": "ot=th:8,v=1",
            "a=1,,\t,b=2,": "a=1,b=2",
            "ot=p:1;th:8;zz:;rv:00000000000001": "ot=rv:00000000000001;th:8;p:1;zz:",
            "ot=th:8,ot=p:2": "ot=p:2",
            "a b=1": nil,
            "": "",
            "tenant@system=x y": "tenant@system=x y",
            "0tenant@s=!~": "0tenant@s=!~",
            "a=\u{e9}": nil, "a": nil, "=1": nil, "A=1": nil, "0a=1": nil, "a=": nil, "a=b=c": nil,
            "a@b@c=1": nil, "@b=1": nil, "a@=1": nil, "a@0=1": nil,
            "ot=rv:123": nil, "ot=th:": nil, "ot=th:x": nil, "ot=th:8;": nil, "ot=;th:8": nil,
            "ot=Th:8": nil, "ot=th:8;;p:1": nil, "ot=th 8": nil, "ot=x:y:z": nil,
        ]
        for (text, expected) in texts { #expect(again(text) == expected, "\(text)") }
    }

    @Test func `every limit counts`() {
        let members = { (count: Int) in (0..<count).map { "k\($0)=v" }.joined(separator: ",") }
        let long = { (count: Int) in String(repeating: "a", count: count) }

        #expect(again(members(31)) == members(31))
        #expect(again(members(32)) == nil)
        #expect(again(long(256) + "=1") != nil)
        #expect(again(long(257) + "=1") == nil)
        #expect(again("a=" + long(256)) != nil)
        #expect(again("a=" + long(257)) == nil)
        #expect(again(long(241) + "@a=1") != nil)
        #expect(again(long(242) + "@a=1") == nil)
        #expect(again("a@" + long(14) + "=1") != nil)
        #expect(again("a@" + long(15) + "=1") == nil)
        #expect(again("ot=p:" + long(254)) != nil)
        #expect(again("ot=p:" + long(255)) == nil)
        let kilobyte = ["a", "b", "c", "d"].map { $0 + "=" + long(253) }.joined(separator: ",")
        #expect(again(kilobyte + ",") == kilobyte)
        #expect(again(kilobyte + ", ,") == nil)
    }

    @Test func `a threshold rises and never falls`() {
        let bytes = Array("ot=th:C;x:1,v=2".utf8)
        var state = TraceState(bytes.span.bytes)
        state.raiseThreshold(to: .always)
        var buffer = ByteBuffer()
        state.append(to: &buffer)

        #expect(String(buffer) == "ot=th:C;x:1,v=2")

        state.raiseThreshold(to: Threshold(rejecting: 0xc0_0000_0000_0000))
        state.setRandomness(.highest)
        buffer.removeAll()
        state.append(to: &buffer)

        #expect(String(buffer) == "ot=rv:ffffffffffffff;th:c;x:1,v=2")

        state.clearThreshold()
        buffer.removeAll()
        state.append(to: &buffer)

        #expect(String(buffer) == "ot=rv:ffffffffffffff;x:1,v=2")
    }

    @Test(arguments: 0..<200)
    func `what is written is read again as the same`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let letters = Array("ot=th:;,rv08cF @_ ".utf8)
        for _ in 0..<200 {
            let text = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                letters.randomElement(using: &random) ?? 0
            }
            guard let once = again(String(decoding: text, as: UTF8.self)) else { continue }
            #expect(again(once) == once, "\(String(decoding: text, as: UTF8.self))")
        }
    }
}

import Glibc
import Testing

@testable import Sockets

struct SocketAddressTests {
    @Test(arguments: ["127.0.0.1", "255.1.2.3", "0.0.0.0"])
    func `an IPv4 address is written as it was read`(text: String) {
        #expect(SocketAddress(literal: text, port: 0)?.host == text)
    }

    @Test(arguments: ["::1", "::", "2001:db8::1:0:0:1", "fe80::1%1"])
    func `an IPv6 address is written as it was read`(text: String) {
        #expect(SocketAddress(literal: text, port: 0)?.host == text)
    }

    @Test(arguments: ["", "localhost", "1.2.3", "1.2.3.4.5", ":::", "fe80::1%nosuchinterface"])
    func `what is no address literal is none`(text: String) {
        #expect(SocketAddress(literal: text, port: 0) == nil)
    }

    @Test func `an IPv4 client of a dual-stack socket is known by its IPv4 address`() {
        let mapped = SocketAddress(literal: "::ffff:10.0.0.7", port: 1)

        #expect(mapped?.host == "10.0.0.7")
    }

    @Test(arguments: [
        SocketAddress.v4(0x0a00_0007, port: 4318),
        .v6(high: 0x2001_0db8_0000_0000, low: 1, scope: 3, port: 65535),
        .unix(path: "/run/martlet.sock"), .unix(path: ""),
    ])
    func `the kernel's form and back is the same address`(address: SocketAddress) {
        var storage = sockaddr_storage()
        let size = address.withKernelForm { form, size in
            withUnsafeMutableBytes(of: &storage) {
                $0.copyMemory(from: UnsafeRawBufferPointer(start: form, count: Int(size)))
            }
            return size
        }

        #expect(SocketAddress(storage, size: size) == address)
    }
}

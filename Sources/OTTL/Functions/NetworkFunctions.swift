import Hashing
import Primitives

/// Addresses, flows and URLs.
enum NetworkFunctions {
    static let all: [Function] = [
        Function(
            "IsInCIDR", [.target(.string), Parameter("networks", .listOf(.string))],
            binding: isInCIDR),
        Function("URL", [Parameter("uri", .string)]) { arguments throws(EvaluationError) in
            let text = arguments.string(0)
            guard !text.isEmpty else { throw .failed("an empty string is no URL") }
            guard let url = URLParts(text) else { throw .failed("the string is no URL") }
            return .map(.own(url.entries))
        },
        Function(
            "CommunityID",
            [
                Parameter("source_ip", .string), Parameter("source_port", .int),
                Parameter("destination_ip", .string), Parameter("destination_port", .int),
                Parameter("protocol", .string, default: .string("TCP")),
                Parameter("seed", .int, default: .int(0)),
            ], binding: communityID),
    ]

    // MARK: IsInCIDR

    private static func isInCIDR(
        _ literals: [Value?]
    ) throws(ArgumentMistake) -> Function.Implementation {
        guard case .list(.own(let values)) = literals.literal(1) else {
            return { arguments throws(EvaluationError) in
                guard let address = IPAddress(arguments.string(0)) else { return .bool(false) }
                for value in arguments.list(1) {
                    let text = String(decoding: arguments.body.copy(of: value), as: UTF8.self)
                    guard let network = IPNetwork(text) else {
                        throw .failed("'\(text.prefix(50))' is no network")
                    }
                    if network.contains(address) { return .bool(true) }
                }
                return .bool(false)
            }
        }
        var networks: [IPNetwork] = []
        for value in values {
            guard let network = IPNetwork(value.literalText) else {
                throw ArgumentMistake(
                    1, "'\(value.literalText)' is no network",
                    hint: "write an address and the size of its prefix: '10.0.0.0/8'")
            }
            networks.append(network)
        }
        return { [networks] arguments in
            guard let address = IPAddress(arguments.string(0)) else { return .bool(false) }
            return .bool(networks.contains { $0.contains(address) })
        }
    }

    // MARK: CommunityID

    private static let protocols: [String: UInt8] = [
        "ICMP": 1, "TCP": 6, "UDP": 17, "RSVP": 46, "ICMP6": 58, "SCTP": 132,
    ]

    /// (github.com/corelight/community-id-spec)
    private static func communityID(
        _: [Value?]
    ) throws(ArgumentMistake) -> Function.Implementation {
        let digest: Digest
        do throws(DigestError) {
            digest = try Digest(.sha1)
        } catch {
            throw ArgumentMistake(0, "needs OpenSSL 3: \(error.reason)", hint: "install libssl3")
        }
        return { arguments throws(EvaluationError) in
            var source = try endpoint(arguments, 0)
            var destination = try endpoint(arguments, 2)
            guard let number = protocols[arguments.string(4)] else {
                throw .failed("the protocol is none of ICMP, TCP, UDP, RSVP, ICMP6 and SCTP")
            }
            guard let seed = UInt16(exactly: arguments.int(5)) else {
                throw .failed("the seed is not from 0 to 65535")
            }
            // Both directions of a flow have the same identifier.
            if destination.comesBefore(source) { swap(&source, &destination) }
            let flow =
                seed.bigEndianBytes + source.address + destination.address + [number, 0]
                + source.port.bigEndianBytes + destination.port.bigEndianBytes
            let hash = digest.bytes(of: flow.span.bytes)
            return .string(Array("1:".utf8) + Base64.standard.encoded(hash.span.bytes))
        }
    }

    private struct Endpoint {
        let address: [UInt8]
        let port: UInt16

        func comesBefore(_ other: Endpoint) -> Bool {
            if address.count != other.address.count { return address.count < other.address.count }
            if address != other.address { return address.lexicographicallyPrecedes(other.address) }
            return port < other.port
        }
    }

    private static func endpoint(
        _ arguments: borrowing Arguments, _ position: Int
    ) throws(EvaluationError) -> Endpoint {
        guard let address = IPAddress(arguments.string(position)) else {
            throw .failed("the string is no IP address")
        }
        guard let port = UInt16(exactly: arguments.int(position + 1)), port > 0 else {
            throw .failed("the port is not from 1 to 65535")
        }
        return Endpoint(address: address.bytes, port: port)
    }
}

import Glibc
package import ServiceHost

/// The proxies whose word about an address is taken, as networks: `10.0.0.0/8`, `192.0.2.7`, `fd00::/8`.
package struct TrustedProxies: Sendable {
    private struct Network: Sendable {
        var address: [UInt8]
        var bits: Int

        func contains(_ other: [UInt8]) -> Bool {
            guard other.count == address.count else { return false }
            let (whole, rest) = (bits / 8, bits % 8)
            guard address[..<whole] == other[..<whole] else { return false }
            guard rest > 0 else { return true }
            let mask = UInt8(truncatingIfNeeded: 0xFF << (8 - rest))
            return address[whole] & mask == other[whole] & mask
        }
    }

    private let networks: [Network]

    /// None: whoever connects is who asks.
    package init() { networks = [] }

    package init(_ words: [String]) throws(ServiceHostError) {
        var networks: [Network] = []
        for word in words {
            let parts = word.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            guard let address = Self.bytes(of: String(parts[0])) else { throw Self.wrong(word) }
            var bits = address.count * 8
            if parts.count > 1 {
                guard let given = Int(parts[1]), (0...bits).contains(given) else { throw Self.wrong(word) }
                bits = given
            }
            networks.append(Network(address: address, bits: bits))
        }
        self.networks = networks
    }

    private static func wrong(_ word: String) -> ServiceHostError {
        ServiceHostError(
            .configuration,
            "'\(word)' in \(ConfigurationKey.trustedProxies.environmentVariable) is no address and no network."
        )
    }

    /// Who asks: the peer, or what the trusted proxies before us say of it.
    ///
    /// - Parameters:
    ///   - peer: The address that is connected.
    ///   - forwarded: The values of `X-Forwarded-For`, in their order. Each proxy adds at the end whom it has seen; what
    ///     stands before the last one that is not trusted is that one's own word, and counts for nothing.
    package func client(peer: String, forwarded: [String]) -> String {
        guard isTrusted(peer) else { return peer }
        var client = peer
        for hop in forwarded.joined(separator: ",").split(separator: ",").reversed() {
            var hop = hop[...]
            while hop.first == " " || hop.first == "\t" { hop = hop.dropFirst() }
            while hop.last == " " || hop.last == "\t" { hop = hop.dropLast() }
            guard Self.bytes(of: String(hop)) != nil else { return client }
            client = String(hop)
            if !isTrusted(client) { return client }
        }
        return client
    }

    private func isTrusted(_ address: String) -> Bool {
        guard !networks.isEmpty, let bytes = Self.bytes(of: address) else { return false }
        return networks.contains { $0.contains(bytes) }
    }

    /// Four bytes, or sixteen; an IPv4 address inside of IPv6 is the former.
    private static func bytes(of text: String) -> [UInt8]? {
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 { return withUnsafeBytes(of: four) { Array($0) } }
        var sixteen = in6_addr()
        guard inet_pton(AF_INET6, text, &sixteen) == 1 else { return nil }
        let bytes = withUnsafeBytes(of: sixteen) { Array($0) }
        let mapped = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]
        return Array(bytes[..<12]) == mapped ? Array(bytes[12...]) : bytes
    }
}

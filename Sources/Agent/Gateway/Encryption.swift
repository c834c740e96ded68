/// Which addresses may be spoken to: whoever is on the way could take this machine over.
enum Encryption {
    /// Refuses an address without encryption, unless it is this machine's own or the user trusts the network.
    static func require(of url: String, scheme: String) throws(AgentError) {
        guard let end = url.firstRange(of: "://") else {
            throw AgentError(.usage, "`\(url)` must begin with \(scheme)://")
        }
        guard url[..<end.lowerBound] != scheme else { return }
        let authority = url[end.upperBound...].prefix { $0 != "/" }
        let host = authority.split(separator: "@").last ?? authority
        let isLocal = ["127.0.0.1", "localhost", "[::1]"].contains { host == $0 || host.hasPrefix($0 + ":") }
        guard isLocal || Environment.value("SANDFLEET_AGENT_PLAIN_HTTP") == "1" else {
            throw AgentError(
                .usage,
                "\(url) is not encrypted, and whoever listens could take this machine over.",
                advice: "Use \(scheme)://, or set SANDFLEET_AGENT_PLAIN_HTTP=1 in a network that you trust."
            )
        }
    }
}

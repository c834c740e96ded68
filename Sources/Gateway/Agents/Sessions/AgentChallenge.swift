import Crypto
import FoundationEssentials
import Model
import NATSIdentity

/// What an agent signs to show that it is there now: a time of the gateway, with its own MAC.
///
/// Nothing is stored of it, and every gateway of the fleet knows its own: the key follows from the one that seals secrets.
struct AgentChallenge: Sendable {
    static let lifetimeMs: Int64 = 120_000
    /// By how much gateways' ideas of the database's time may differ.
    private static let toleranceMs: Int64 = 5000

    let key: SymmetricKey

    func make(for agent: AgentID, at milliseconds: Int64) -> String {
        "\(milliseconds).\(Base64URL.encode(mac(agent, milliseconds)))"
    }

    /// When it was made; nil when it is not one of ours for this agent, or is over.
    func time(of text: String, for agent: AgentID, now: Int64) -> Int64? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let made = Int64(parts[0]), String(made) == parts[0],
            let code = Base64URL.decode(parts[1]),
            HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: Self.message(agent, made), using: key),
            made <= now + Self.toleranceMs, now - made < Self.lifetimeMs
        else { return nil }
        return made
    }

    private func mac(_ agent: AgentID, _ milliseconds: Int64) -> HMAC<SHA256>.MAC {
        HMAC<SHA256>.authenticationCode(for: Self.message(agent, milliseconds), using: key)
    }

    private static func message(_ agent: AgentID, _ milliseconds: Int64) -> Data {
        Data("sandfleet-challenge-v1\n\(agent)\n\(milliseconds)".utf8)
    }
}

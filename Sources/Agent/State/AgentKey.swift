import NATSIdentity

/// The key that is this agent; its seed never leaves the machine.
struct AgentKey: Sendable {
    private let key: NKey

    static func generate() -> AgentKey { AgentKey(key: .generate(.user)) }

    private init(key: NKey) { self.key = key }

    init?(seed: String) {
        guard let key = NKey(seed: seed), key.kind == .user else { return nil }
        self.key = key
    }

    /// Secret.
    var seed: String { key.seed }
    var publicKey: String { key.publicKey.text }

    /// The signature of a text, in base64url without padding, as everywhere in NATS.
    func sign(_ text: String) throws(AgentError) -> String {
        do {
            return Base64URL.encode(try key.sign(Array(text.utf8)))
        } catch {
            throw AgentError(.machine, "The key of this agent cannot sign.")
        }
    }
}

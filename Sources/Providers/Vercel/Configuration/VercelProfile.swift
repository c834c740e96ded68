/// What a sandbox is made with when nothing else is said.
package enum VercelProfile: String, Sendable, CaseIterable {
    /// For a task of minutes.
    case ephemeral
    /// For an agent that comes back to its files.
    case codingAgent = "coding-agent"

    var vcpus: Int {
        switch self {
        case .ephemeral: 1
        case .codingAgent: 2
        }
    }

    /// How long a session lives that nobody extends.
    var timeout: Duration {
        switch self {
        case .ephemeral: .seconds(5 * 60)
        case .codingAgent: .seconds(20 * 60)
        }
    }

    /// Whether Vercel itself saves the files when a session ends.
    var isPersistent: Bool { self == .codingAgent }

    /// How long Vercel keeps the snapshots that it takes itself; nil is its own default.
    var snapshotExpiration: Duration? {
        switch self {
        case .ephemeral: nil
        case .codingAgent: .seconds(7 * 24 * 60 * 60)
        }
    }
}

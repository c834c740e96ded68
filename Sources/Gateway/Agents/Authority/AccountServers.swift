package import NATSIdentity

/// The servers of the bus, as far as they hold accounts.
package protocol AccountServers: Sendable {
    /// The account's token; nil when they do not know it.
    func claims(of account: NKeyPublic) async throws -> String?
    /// Replaces an account's token; returns once a server has it.
    func update(_ token: String) async throws
}

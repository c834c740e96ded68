package import Logging
package import Model
package import NATSIdentity
import NIOConcurrencyHelpers
package import Store

/// The gateway's say over the agents' account on the bus: keys of workspaces, credentials of agents, revocations.
///
/// What the account's claims say is made from the store under the lock of `nats_account`, and told to the servers. Without
/// the settings of ``AuthoritySettings`` everything here throws `unsupported`.
package struct AccountAuthority: Sendable {
    private let store: Store
    private let realm: AccountRealm?
    private let logger: Logger
    /// Keys that the servers know.
    private let known = NIOLockedValueBox<[WorkspaceID: NKey]>([:])
    /// Pushes of this process happen one after another; the account's lock would keep a pooled connection for each.
    private let turns = Turns<NKeyPublic>()

    /// - Parameter realm: Nil for a gateway that cannot have agents.
    package init(store: Store, realm: AccountRealm?, logger: Logger) {
        self.store = store
        self.realm = realm
        self.logger = logger
    }

    /// Whether there can be agents.
    package var isAvailable: Bool { realm != nil }

    /// Throws `unsupported`, and says why, when there cannot be agents.
    package func requireAvailable() throws(Fault) {
        _ = try available()
    }

    /// The workspace's signing key, made and told to the servers on first use.
    ///
    /// Call it before the transaction that decides on a session: it may need a connection of its own to the database.
    package func signingKey(_ workspace: WorkspaceID) async throws -> NKey {
        _ = try available()
        if let key = known.withLockedValue({ $0[workspace] }) { return key }
        let fresh = NKey.generate(.account)
        var seed = try await store.signingSeed(of: workspace)
        if seed == nil {
            seed = try await store.addSigningKey(
                seed: fresh.seed,
                publicKey: fresh.publicKey.text,
                of: workspace
            )
        }
        guard let key = seed.flatMap({ NKey(seed: $0) }) else {
            throw Fault(.internal, "A workspace's signing key cannot be used.")
        }
        // Another gateway may have made it a moment ago.
        try await push()
        known.withLockedValue { $0[workspace] = key }
        return key
    }

    /// The JWT of one run of an agent.
    ///
    /// - Parameters:
    ///   - issuedAt: What `Store.issueTime(for:on:)` said in the transaction that holds the agent's row; a later revocation
    ///     voids it, and no earlier one does.
    ///   - lifetime: At most `Store.longestCredentials`.
    package func userCredentials(
        agent: AgentID,
        workspace: WorkspaceID,
        instance: AgentInstanceID,
        publicKey: NKeyPublic,
        issuedAt: Int64,
        lifetime: Duration
    ) async throws -> String {
        let realm = try available()
        let key = try await signingKey(workspace)
        let token = NATSToken(
            subject: publicKey,
            name: agent.rawValue,
            issuedAt: issuedAt,
            expiresAt: issuedAt + min(lifetime, Store.longestCredentials).components.seconds,
            claims: UserClaims(
                permissions: .unsaid,
                issuerAccount: realm.account.text,
                tags: [AgentScope.instanceTag(instance)]
            )
        )
        return try token.signed(by: key)
    }

    /// Makes void what was issued for this key until now, or until a later second, and has the servers drop its connections.
    ///
    /// It is written down before the servers are told: when this throws, the revocation stands and is told later.
    package func revoke(publicKey: NKeyPublic, issuedUntil: Int64? = nil) async throws {
        _ = try available()
        _ = try await store.revokeCredentials(of: publicKey.text, issuedUntil: issuedUntil)
        try await push()
    }

    /// Tells the servers what the store says, unless they know.
    ///
    /// - Parameter checks: Whether to look at what the servers have although the store says that they know.
    package func push(checks: Bool = false) async throws {
        let realm = try available()
        let logger = logger
        try await turns.take(realm.account) {
            try await store.withAccount { record in
                guard checks || record.pushedVersion < record.version else { return }
                guard let text = try await realm.servers.claims(of: realm.account),
                    let current = try? NATSToken<AccountClaims>(verifying: text)
                else {
                    throw Fault(.busUnavailable, "The servers of the bus do not know the account of the fleet.")
                }
                let claims = AgentScope.claims(current.claims, record)
                guard claims != current.claims else { return }
                let token = NATSToken(
                    subject: realm.account,
                    name: current.name,
                    // Servers prefer the later of two, and no two have the same second.
                    issuedAt: max(record.now, current.issuedAt + 1),
                    claims: claims
                )
                try await realm.servers.update(token.signed(by: realm.operatorKey))
                logger.info(
                    "account pushed",
                    metadata: ["version": "\(record.version)", "revocations": "\(record.revocations.count)"]
                )
            }
        }
    }

    private func available() throws(Fault) -> AccountRealm {
        guard let realm else {
            throw Fault(
                .unsupported,
                "This fleet takes no agents: its gateway holds no keys of the bus.",
                hint: "Run nats-server in operator mode and set SANDFLEET_NATS_OPERATOR_KEY_FILE, "
                    + "SANDFLEET_NATS_SYSTEM_CREDENTIALS and SANDFLEET_NATS_ACCOUNT."
            )
        }
        return realm
    }
}

/// The agents' account, the key that may change it, and the servers that have it.
package struct AccountRealm: Sendable {
    package var account: NKeyPublic
    package var operatorKey: NKey
    package var servers: any AccountServers

    package init(account: NKeyPublic, operatorKey: NKey, servers: any AccountServers) {
        self.account = account
        self.operatorKey = operatorKey
        self.servers = servers
    }
}

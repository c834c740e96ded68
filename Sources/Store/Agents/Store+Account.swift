package import Model
package import PostgresClient

/// The agents' account on the bus: its signing keys and revocations, one version for all of them.
///
/// Who changes the account locks its row last, after any agent's, so that no two wait for each other.
extension Store {
    /// How long a revocation has to be remembered: longer than any agent's credentials live.
    package static let longestCredentials = Duration.seconds(3600)

    /// The workspace's signing key, as its seed; nil when it has none yet.
    package func signingSeed(of workspace: WorkspaceID) async throws -> String? {
        try await query(
            "select sealed_seed from nats_signing_keys where workspace_id = $1",
            [workspace.rawValue]
        )
        .first.map { try sealer.openSigningSeed($0.get("sealed_seed", as: [UInt8].self), of: workspace) }
    }

    /// Gives the workspace a signing key, unless it has one; the seed of the one that it has now.
    package func addSigningKey(seed: String, publicKey: String, of workspace: WorkspaceID) async throws -> String {
        let sealed = try sealer.seal(signingSeed: seed, of: workspace)
        let kept = try await StoreError.translating {
            try await pool.withTransaction { connection in
                _ = try await connection.query("select from nats_account for update")
                let added = try await connection.execute(
                    """
                    insert into nats_signing_keys (workspace_id, public_key, sealed_seed) values ($1, $2, $3)
                    on conflict (workspace_id) do nothing
                    """,
                    [workspace.rawValue, publicKey, sealed]
                )
                if added > 0 { try await connection.execute("update nats_account set version = version + 1") }
                return try await connection
                    .query(
                        "select sealed_seed from nats_signing_keys where workspace_id = $1",
                        [workspace.rawValue]
                    )
                    .first?
                    .get("sealed_seed", as: [UInt8].self)
            }
        }
        guard let kept else { throw StoreError(.internal, "the signing key was not stored") }
        return try sealer.openSigningSeed(kept, of: workspace)
    }

    /// Makes void what was issued for this key until now, in a transaction of its own.
    ///
    /// - Parameter issuedUntil: The least Unix second; nil is the database's now.
    /// - Returns: The second up to which credentials are void.
    package func revokeCredentials(of publicKey: String, issuedUntil: Int64? = nil) async throws -> Int64 {
        try await StoreError.translating {
            try await pool.withTransaction { connection in
                try await Self.revokeCredentials(of: publicKey, issuedUntil: issuedUntil, on: connection)
            }
        }
    }

    /// The same as a part of the caller's transaction, which may hold the agent's row `for update`; once that is committed,
    /// the gateway's authority has to push.
    ///
    /// A revocation has the granularity of a second, so each one voids a later second than the one before, and
    /// ``issueTime(for:on:)`` is later still: a take-over ends whatever was issued before it, in the same second too, and
    /// nothing that is issued after it.
    package static func revokeCredentials(
        of publicKey: String,
        issuedUntil: Int64? = nil,
        on connection: PostgresConnection
    ) async throws -> Int64 {
        _ = try await connection.query("update nats_account set version = version + 1")
        let rows = try await connection.query(
            """
            insert into nats_revocations as r (public_key, issued_until, forget_at)
            select $1, until, to_timestamp(greatest(until, floor(extract(epoch from clock_timestamp()))))
                + make_interval(secs => $3)
            from (select greatest($2, floor(extract(epoch from clock_timestamp()))::bigint) as until) as wish
            on conflict (public_key) do update set
                issued_until = greatest(excluded.issued_until, r.issued_until + 1),
                forget_at = greatest(excluded.forget_at, r.forget_at + interval '1 second')
            returning issued_until
            """,
            [publicKey, issuedUntil ?? 0, longestCredentials.components.seconds]
        )
        guard let row = rows.first else { throw StoreError(.internal, "the revocation was not stored") }
        return try row.get("issued_until", as: Int64.self)
    }

    /// The Unix second of a credential that is issued for this key now; one that no revocation made so far voids.
    ///
    /// Asked for in the transaction that holds the agent's row `for share` or `for update`, so that a revocation is either
    /// before it or voids it.
    package static func issueTime(for publicKey: String, on connection: PostgresConnection) async throws -> Int64 {
        let rows = try await connection.query(
            """
            select greatest(
                floor(extract(epoch from clock_timestamp()))::bigint,
                (select issued_until + 1 from nats_revocations where public_key = $1)
            ) as issued
            """,
            [publicKey]
        )
        guard let row = rows.first else { throw StoreError(.internal, "the database told no time") }
        return try row.get("issued", as: Int64.self)
    }

    /// Lends what the account's claims are made from, while its row is locked; a body that returns says that the servers
    /// have them.
    ///
    /// Revocations of what has ended by itself are forgotten first.
    package func withAccount(_ push: @escaping @Sendable (AccountRecord) async throws -> Void) async throws {
        try await StoreError.translating(within: .seconds(30)) {
            try await pool.withTransaction { connection in
                let row =
                    try await connection.query(
                        """
                        select version, pushed_version, floor(extract(epoch from clock_timestamp()))::bigint as now
                        from nats_account for update
                        """
                    )
                    .first
                guard let row else { throw StoreError(.internal, "there is no account") }
                try await connection.execute("delete from nats_revocations where forget_at < now()")
                let keys = try await connection.query("select workspace_id, public_key from nats_signing_keys")
                let revocations = try await connection.query("select public_key, issued_until from nats_revocations")
                let version = try row.get("version", as: Int64.self)
                try await push(
                    AccountRecord(
                        version: version,
                        pushedVersion: try row.get("pushed_version", as: Int64.self),
                        signingKeys: try keys.reduce(into: [:]) {
                            $0[try $1.get("workspace_id", as: String.self)] = try $1.get("public_key", as: String.self)
                        },
                        revocations: try revocations.reduce(into: [:]) {
                            $0[try $1.get("public_key", as: String.self)] = try $1.get("issued_until", as: Int64.self)
                        },
                        now: try row.get("now", as: Int64.self)
                    )
                )
                try await connection.execute(
                    "update nats_account set pushed_version = $1 where pushed_version < $1",
                    [version]
                )
            }
        }
    }
}

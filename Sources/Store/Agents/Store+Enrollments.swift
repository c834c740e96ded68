package import Model
import PostgresClient

/// The right to bring one machine, to be.
package struct NewEnrollment: Sendable {
    package var id: EnrollmentID
    package var workspace: WorkspaceID
    package var name: String?
    package var labels: [String: String]
    /// SHA-256 of the token.
    package var tokenHash: [UInt8]
    package var lifetimeMs: Int64
    package var actor: String

    package init(
        id: EnrollmentID,
        workspace: WorkspaceID,
        name: String?,
        labels: [String: String],
        tokenHash: [UInt8],
        lifetimeMs: Int64,
        actor: String
    ) {
        self.id = id
        self.workspace = workspace
        self.name = name
        self.labels = labels
        self.tokenHash = tokenHash
        self.lifetimeMs = lifetimeMs
        self.actor = actor
    }
}

/// How the revocation of an enrollment ended.
package enum EnrollmentRevocation: Sendable, Hashable {
    /// Now, or before.
    case revoked
    case notFound
    /// Its agent is there already: that is what can be deleted.
    case used(AgentID)
}

extension Store {
    package func createEnrollment(_ enrollment: NewEnrollment) async throws -> EnrollmentRecord {
        let rows = try await query(
            """
            insert into agent_enrollments as e (id, workspace_id, name, labels, token_hash, expires_at, created_by)
            values ($1, $2, $3, $4, $5, now() + make_interval(secs => $6::bigint / 1000.0), $7)
            returning \(EnrollmentRecord.columns)
            """,
            [
                enrollment.id.rawValue, enrollment.workspace.rawValue, enrollment.name,
                try PostgresJSON(encoding: enrollment.labels), enrollment.tokenHash, enrollment.lifetimeMs,
                enrollment.actor,
            ]
        )
        guard let row = rows.first else { throw StoreError(.internal, "the enrollment was not stored") }
        return try EnrollmentRecord(row)
    }

    package func enrollment(_ id: EnrollmentID, in workspace: WorkspaceID) async throws -> EnrollmentRecord? {
        try await query(
            "select \(EnrollmentRecord.columns) from agent_enrollments e where id = $1 and workspace_id = $2",
            [id.rawValue, workspace.rawValue]
        )
        .first.map(EnrollmentRecord.init)
    }

    /// The enrollments of a workspace, newest first, also those that are over.
    ///
    /// - Parameter cursor: The last id of the page before.
    package func enrollments(
        in workspace: WorkspaceID,
        after cursor: EnrollmentID?,
        limit: Int
    ) async throws -> [EnrollmentRecord] {
        try await query(
            """
            select \(EnrollmentRecord.columns) from agent_enrollments e
            where workspace_id = $1 and ($2::text is null or id < $2) order by id desc limit $3
            """,
            [workspace.rawValue, cursor?.rawValue, limit]
        )
        .map(EnrollmentRecord.init)
    }

    /// Takes an enrollment back that nobody has used.
    package func revokeEnrollment(
        _ id: EnrollmentID,
        in workspace: WorkspaceID
    ) async throws -> EnrollmentRevocation {
        let revoked = try await query(
            """
            update agent_enrollments set revoked_at = coalesce(revoked_at, now())
            where id = $1 and workspace_id = $2 and used_at is null returning id
            """,
            [id.rawValue, workspace.rawValue]
        )
        guard revoked.isEmpty else { return .revoked }
        return try await enrollment(id, in: workspace)?.agent.map { .used($0) } ?? .notFound
    }
}

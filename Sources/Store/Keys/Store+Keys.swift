import FoundationEssentials
package import Model
import PostgresClient

extension Store {
    /// Finds whose key this is; nil when it is nobody's, or revoked.
    package func authenticate(hash: [UInt8]) async throws -> Principal? {
        let rows = try await query(
            "select id, workspace_id, scope from api_keys where hash = $1 and revoked_at is null",
            [hash]
        )
        return try rows.first.map { row in
            Principal(
                key: try row.identifier("id"),
                workspace: try row.identifier("workspace_id"),
                scope: try row.word("scope")
            )
        }
    }

    /// Makes the workspace when it is not there, and registers a key in it when that hash is not.
    ///
    /// Doing it again with the same key changes nothing: `up` calls it at every start.
    package func ensureKey(_ key: KeyID, name: String, scope: Scope, hash: [UInt8], workspace: Workspace) async throws {
        // Two statements: the second sees what another process committed while the first waited for it.
        _ = try await query(
            "insert into workspaces (id, name) values ($1, $2) on conflict (name) do nothing",
            [workspace.id.rawValue, workspace.name]
        )
        _ = try await query(
            """
            insert into api_keys (id, workspace_id, name, scope, hash)
            select $1, id, $2, $3, $4 from workspaces where name = $5 on conflict (hash) do nothing
            """,
            [key.rawValue, name, scope.rawValue, hash, workspace.name]
        )
    }

    package func createKey(
        _ key: KeyID,
        name: String,
        scope: Scope,
        hash: [UInt8],
        workspace: WorkspaceID
    ) async throws -> APIKey {
        let rows = try await query(
            """
            insert into api_keys (id, workspace_id, name, scope, hash) values ($1, $2, $3, $4, $5)
            returning id, workspace_id, name, scope, created_at
            """,
            [key.rawValue, workspace.rawValue, name, scope.rawValue, hash]
        )
        guard let row = rows.first else { throw StoreError(.internal, "the key was not stored") }
        return try APIKey(row)
    }

    package func keys(of workspace: WorkspaceID) async throws -> [APIKey] {
        try await query(
            """
            select id, workspace_id, name, scope, created_at from api_keys
            where workspace_id = $1 and revoked_at is null order by id
            """,
            [workspace.rawValue]
        )
        .map(APIKey.init)
    }

    /// Answers whether there was such a key.
    package func revokeKey(_ key: KeyID, workspace: WorkspaceID) async throws -> Bool {
        try await !query(
            """
            update api_keys set revoked_at = now()
            where id = $1 and workspace_id = $2 and revoked_at is null returning id
            """,
            [key.rawValue, workspace.rawValue]
        )
        .isEmpty
    }
}

/// A tenant.
package struct Workspace: Sendable, Hashable {
    package var id: WorkspaceID
    package var name: String

    package init(id: WorkspaceID, name: String) {
        self.id = id
        self.name = name
    }
}

extension APIKey {
    init(_ row: PostgresRow) throws {
        self.init(
            id: try row.identifier("id"),
            workspace: try row.identifier("workspace_id"),
            name: try row.get("name", as: String.self),
            scope: try row.word("scope"),
            createdAt: try row.get("created_at", as: Date.self)
        )
    }
}

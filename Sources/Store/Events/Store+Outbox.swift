package import FoundationEssentials
package import Model
import PostgresClient

/// Something that happened to a sandbox, or to a process, box or archive of it, on its way to the bus.
package struct OutboxEvent: Sendable {
    package var id: Int64
    package var workspace: WorkspaceID
    package var kind: String
    package var subject: String
    /// Counts the events of one subject without holes; consumers drop repeats by it.
    package var version: Int64
    package var actor: String
    /// A JSON object.
    package var payload: String
    package var createdAt: Date
}

/// Which events of a batch are on the bus.
package struct PublishedEvents: Sendable {
    package var ids: [Int64] = []
    /// Why the others are not.
    package var failure: (any Error)?

    package init() {}
}

extension Store {
    /// One relay at a time, however many reapers there are.
    private static let relayLock: Int64 = 0x6F75_7462_6F78

    /// Publishes the oldest events that are not published yet.
    ///
    /// Selected by what is unpublished, never by what comes after an id: ids commit out of order (rule 25). `publish` gets
    /// them all, in the order of each subject, and answers which are on the bus; those are marked by one statement. The others
    /// come again, and so may what was published when the connection breaks before that.
    ///
    /// - Returns: How many were published; zero when another relay is at it.
    /// - Throws: The failure that `publish` told of, after the rest has been marked.
    package func relayEvents(
        limit: Int,
        publish: @escaping @Sendable ([OutboxEvent]) async throws -> PublishedEvents
    ) async throws -> Int {
        let published = try await StoreError.translating {
            try await pool.withTransaction { connection in
                let rows = try await connection.query(
                    """
                    select id, workspace_id, kind, subject_id, version, actor, payload, created_at
                    from outbox where published_at is null and (select pg_try_advisory_xact_lock($2))
                    order by id limit $1
                    """,
                    [limit, Self.relayLock]
                )
                guard !rows.isEmpty else { return PublishedEvents() }
                let published = try await publish(try rows.map(OutboxEvent.init))
                try await connection.execute(
                    "update outbox set published_at = now() where id = any($1)",
                    [published.ids]
                )
                return published
            }
        }
        if let failure = published.failure { throw failure }
        return published.ids.count
    }

    /// Drops events that were published long ago.
    package func forgetPublishedEvents(olderThanHours hours: Int, limit: Int) async throws -> Int {
        try await query(
            """
            delete from outbox where id in (
                select id from outbox where published_at < now() - make_interval(hours => $1::int)
                limit $2 for update skip locked
            ) returning id
            """,
            [hours, limit]
        )
        .count
    }
}

extension OutboxEvent {
    init(_ row: PostgresRow) throws {
        self.init(
            id: try row.get("id", as: Int64.self),
            workspace: try row.identifier("workspace_id"),
            kind: try row.get("kind", as: String.self),
            subject: try row.get("subject_id", as: String.self),
            version: try row.get("version", as: Int64.self),
            actor: try row.get("actor", as: String.self),
            payload: try row.get("payload", as: PostgresJSON.self).text,
            createdAt: try row.get("created_at", as: Date.self)
        )
    }
}

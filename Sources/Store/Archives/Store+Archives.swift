import FoundationEssentials
package import Model
import PostgresClient

/// An owner's writes to the ledger of saved workspaces.
extension Store {
    /// What the files of a sandbox's next box may begin with, best first: its source, the current snapshot, the one before.
    package func archives(of sandbox: SandboxID) async throws -> [ArchiveRecord] {
        try await query(
            """
            select a.* from archives a join sandboxes s on s.id = $1
            where (a.id = s.source_archive and a.state in ('current', 'previous', 'delete_pending'))
                or (a.sandbox_id = $1 and a.purpose = 'snapshot' and a.state in ('current', 'previous'))
            order by a.id = s.source_archive desc nulls last, a.state = 'current' desc
            """,
            [sandbox.rawValue]
        )
        .map(ArchiveRecord.init)
    }

    /// Writes the intent to save a workspace; committed before anything is saved.
    ///
    /// Fenced.
    package func intendArchive(_ archive: ArchiveRecord, actor: String) async throws -> Bool {
        try await !query(
            """
            insert into archives (
                id, workspace_id, sandbox_id, purpose, format, provider, account, placement, epoch, box_id, comment,
                expires_at, event_actor, reap_after
            )
            select $1, s.workspace_id, s.id, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, now() + interval '10 minutes'
            from sandboxes s where s.id = $2 and s.epoch = $8 and s.owner is not null for update
            returning id
            """,
            [
                archive.id.rawValue, archive.sandbox.rawValue, archive.purpose.rawValue, archive.format.rawValue,
                archive.provider, archive.account, archive.placement, Int64(archive.epoch), archive.box?.rawValue,
                archive.comment, archive.expiresAt, actor,
            ]
        )
        .isEmpty
    }

    /// The workspace is saved whole: of snapshots it becomes the current one, and the current one the one before, in one
    /// transaction.
    ///
    /// Fenced by the epoch of the lease, whichever epoch began the archive.
    package func publishArchive(
        _ archive: ArchiveID,
        of sandbox: SandboxID,
        epoch: UInt64,
        reference: ArchiveReference,
        actor: String
    ) async throws -> Bool {
        try await StoreError.translating { [pool] in
            try await pool.withTransaction { connection in
                let found = try await connection.query(
                    """
                    select a.purpose, a.state from sandboxes s join archives a on a.id = $3 and a.sandbox_id = s.id
                    where s.id = $1 and s.epoch = $2 and s.owner is not null for update
                    """,
                    [sandbox.rawValue, Int64(epoch), archive.rawValue]
                )
                guard let row = found.first else { return false }
                let state: ArchiveState = try row.word("state")
                // Published before, by an attempt whose answer was lost.
                guard state == .candidate else { return state == .current }
                if try row.word("purpose") == ArchivePurpose.snapshot {
                    for (from, to) in [("previous", "delete_pending"), ("current", "previous")] {
                        _ = try await connection.query(
                            """
                            update archives set state = $3, reap_after = now(), event_actor = $4
                            where sandbox_id = $1 and purpose = 'snapshot' and state = $2
                            """,
                            [sandbox.rawValue, from, to, actor]
                        )
                    }
                }
                _ = try await connection.query(
                    """
                    update archives set state = 'current', reference = $2, size_bytes = $3, published_at = now(),
                        event_actor = $4
                    where id = $1
                    """,
                    [archive.rawValue, try PostgresJSON(encoding: reference), reference.sizeBytes, actor]
                )
                return true
            }
        }
    }

    /// Nothing whole came of it: what exists of it is to be deleted.
    ///
    /// Not fenced: whoever learns it writes it.
    package func abandonArchive(_ archive: ArchiveID, reason: String, actor: String) async throws {
        _ = try await query(
            """
            update archives set state = 'delete_pending', error = $2, reap_after = now(), event_actor = $3
            where id = $1 and state = 'candidate'
            """,
            [archive.rawValue, reason, actor]
        )
    }

    /// The snapshot that an owner of this sandbox has begun and not published, to be finished by whoever owns it now.
    package func unfinishedSnapshot(of sandbox: SandboxID) async throws -> ArchiveRecord? {
        try await query(
            """
            select * from archives where sandbox_id = $1 and purpose = 'snapshot' and state = 'candidate'
            order by id desc limit 1
            """,
            [sandbox.rawValue]
        )
        .first.map(ArchiveRecord.init)
    }

    /// The next box of a sandbox begins with this archive; the drain that follows does away with the box that it has.
    ///
    /// Fenced.
    package func intendRestore(
        _ archive: ArchiveID,
        of sandbox: SandboxID,
        epoch: UInt64,
        actor: String
    ) async throws -> Bool {
        try await !query(
            """
            update sandboxes s set
                source_archive = a.id, updated_at = now(), version = s.version + 1,
                event_kind = 'sandbox.restore_asked', event_actor = $4, event_reason = a.id
            from archives a
            where s.id = $1 and s.epoch = $2 and s.lease_state = 'warm' and a.id = $3 and a.state in ('current', 'previous')
                and a.workspace_id = s.workspace_id
            returning s.id
            """,
            [sandbox.rawValue, Int64(epoch), archive.rawValue, actor]
        )
        .isEmpty
    }

    /// An archive turned out not to be readable; it stays, for a person to look at.
    package func noteDamage(_ archive: ArchiveID, message: String, actor: String) async throws {
        _ = try await query(
            "update archives set error = $2, event_actor = $3, version = version + 1 where id = $1",
            [archive.rawValue, message, actor]
        )
    }
}

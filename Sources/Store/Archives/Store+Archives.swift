import FoundationEssentials
package import Model
import PostgresClient

/// An owner's writes to the ledger of saved workspaces.
extension Store {
    /// What the files of a sandbox's next box may begin with, best first: its source, the current snapshot, the one before.
    package func archives(of sandbox: SandboxID) async throws -> [ArchiveRecord] {
        try await query(
            """
            select a.*, 0 as rank from sandboxes s join archives a on a.id = s.source_archive
            where s.id = $1 and a.reference is not null
            union all
            select a.*, case a.state when 'current' then 1 else 2 end from archives a
            where a.sandbox_id = $1 and a.purpose = 'snapshot' and a.state in ('current', 'previous')
                and a.id is distinct from (select source_archive from sandboxes where id = $1)
            order by rank
            """,
            [sandbox.rawValue]
        )
        .map(ArchiveRecord.init)
    }

    /// Writes the intent to save a workspace; committed before anything is saved.
    ///
    /// The same intent again is the same row.
    ///
    /// Fenced.
    package func intendArchive(_ archive: ArchiveRecord, actor: String) async throws -> Bool {
        try await !query(
            """
            insert into archives (
                id, workspace_id, sandbox_id, purpose, format, provider, account, placement, epoch, box_id, comment,
                expires_at, event_actor, reap_after
            )
            select $1, s.workspace_id, s.id, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, now() + interval '1 minute'
            from sandboxes s where s.id = $2 and s.epoch = $8 and s.owner is not null for update
            on conflict (id) do update set event_actor = excluded.event_actor
            where archives.state = 'candidate' and archives.sandbox_id = excluded.sandbox_id
                and archives.epoch = excluded.epoch
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
    /// statement.
    ///
    /// Fenced by the epoch of the lease, whichever epoch began the archive.
    ///
    /// - Throws: `Fault` with `checkpointNotFound` when it was deleted while it was saved; what was saved is collected.
    package func publishArchive(
        _ archive: ArchiveID,
        of sandbox: SandboxID,
        epoch: UInt64,
        reference: ArchiveReference,
        actor: String
    ) async throws -> Bool {
        let rows = try await query(
            "select publish_archive($1, $2, $3, $4, $5, $6) as state",
            [
                sandbox.rawValue, Int64(epoch), archive.rawValue, try PostgresJSON(encoding: reference),
                reference.sizeBytes, actor,
            ]
        )
        let state = try rows.first?.get("state", as: String?.self).flatMap { ArchiveState(rawValue: $0) }
        switch state {
        case .current, .previous: return true
        case .candidate, nil: return false
        case .deletePending, .deleted, .deleteFailed:
            throw Fault(.checkpointNotFound, "The checkpoint was deleted while it was saved.")
        }
    }

    /// Nothing whole came of it: what exists of it is to be deleted.
    ///
    /// Not fenced: whoever learns it writes it.
    package func abandonArchive(_ archive: ArchiveID, reason: String, actor: String) async throws {
        _ = try await query(
            """
            update archives set
                state = 'delete_pending', maker_done = true, error = $2, reap_after = now(), event_actor = $3
            where id = $1 and (state = 'candidate' or (state = 'delete_pending' and not maker_done))
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

    /// The next box of a sandbox begins with this archive, and the drain that does away with the present one has begun.
    ///
    /// Fenced.
    ///
    /// - Returns: The record as it is then; nil without the lease.
    /// - Throws: `Fault` with `checkpointNotFound` or `checkpointNotReady` when the archive is not to be had.
    package func beginRestore(
        _ archive: ArchiveID,
        of sandbox: SandboxID,
        epoch: UInt64,
        reason: String?,
        actor: String
    ) async throws -> SandboxRecord? {
        let rows = try await query(
            "select r.outcome, \(SandboxRecord.columns("(r.draining)")) from begin_restore($1, $2, $3, $4, $5) r",
            [sandbox.rawValue, Int64(epoch), archive.rawValue, reason, actor]
        )
        switch try rows.first?.get("outcome", as: String.self) {
        case "written": return try rows.first.map(SandboxRecord.init)
        case "not held": return nil
        case let state: throw Fault.unusable(state.flatMap { ArchiveState(rawValue: $0) })
        }
    }

    /// An archive turned out not to be readable; it stays, for a person to look at.
    package func noteDamage(_ archive: ArchiveID, message: String, actor: String) async throws {
        _ = try await query(
            "update archives set error = $2, event_actor = $3, version = version + 1 where id = $1",
            [archive.rawValue, message, actor]
        )
    }
}

extension Fault {
    /// Why nothing can begin with an archive in this state; nil is none.
    package static func unusable(_ state: ArchiveState?) -> Fault {
        guard state == .candidate else { return Fault(.checkpointNotFound, "There is no such checkpoint.") }
        return Fault(.checkpointNotReady, "The checkpoint is being saved.", hint: "Try again when it is ready.")
    }
}

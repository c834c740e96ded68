package import Model
import PostgresClient

/// What the reaper does about saved workspaces, in bounded batches that several reapers share.
extension Store {
    /// After so many failures a person has to look.
    package static let archiveDeletionAttempts = 10

    /// Marks checkpoints whose time is over for deletion.
    package func claimExpiredCheckpoints(limit: Int, actor: String) async throws -> [ArchiveID] {
        try await query(
            """
            update archives set state = 'delete_pending', reap_after = now(), event_actor = $2
            where id in (
                select id from archives where expires_at < now() and state in ('candidate', 'current')
                order by expires_at limit $1 for update skip locked
            ) returning id
            """,
            [limit, actor]
        )
        .map { try $0.identifier("id") }
    }

    /// Marks the archives of forks for deletion whose sandbox never came to fetch its files; a trigger does so for those
    /// whose sandbox has them.
    package func claimForsakenForks(olderThanMinutes minutes: Int, limit: Int, actor: String) async throws
        -> [ArchiveID]
    {
        try await query(
            """
            update archives set state = 'delete_pending', reap_after = now(), event_actor = $3
            where id in (
                select id from archives
                where purpose = 'fork' and state = 'current' and published_at < now() - make_interval(mins => $2::int)
                order by published_at limit $1 for update skip locked
            ) returning id
            """,
            [limit, minutes, actor]
        )
        .map { try $0.identifier("id") }
    }

    /// Marks archives for deletion that nobody goes on making: their lease has ended, or its worker.
    ///
    /// An owner counts as gone when its incarnation is: a late heartbeat proves nothing (rule 2).
    package func claimForsakenCandidates(limit: Int, actor: String) async throws -> [ArchiveID] {
        try await query(
            """
            with due as (
                select c.id, not exists (
                    select from sandboxes s join workers w on w.id = s.owner
                    where s.id = c.sandbox_id and s.epoch = c.epoch and w.state = 'live'
                ) as forsaken
                from archives c where c.state = 'candidate' and c.reap_after < now()
                order by c.reap_after limit $1 for update of c skip locked
            ), looked as (
                update archives a set
                    state = case when d.forsaken then 'delete_pending' else a.state end,
                    maker_done = d.forsaken,
                    error = case when d.forsaken then 'whoever saved it is gone' end,
                    reap_after = now() + make_interval(mins => case when d.forsaken then 0 else 1 end),
                    event_actor = case when d.forsaken then $2 else a.event_actor end
                from due d where a.id = d.id
                returning a.id, d.forsaken
            )
            select id from looked where forsaken
            """,
            [limit, actor]
        )
        .map { try $0.identifier("id") }
    }

    /// Archives to delete now.
    ///
    /// Each comes again after a pause that grows with its failures.
    ///
    /// Not those that a sandbox is still to begin with, nor those that somebody is still saving.
    package func claimDeletableArchives(limit: Int) async throws -> [DeletableArchive] {
        try await query(
            """
            with due as (
                select d.id, (
                    not exists (
                        select from sandboxes s
                        where s.source_archive = d.id and s.deleted_at is null and s.status <> 'error'
                    ) and (d.maker_done or not exists (
                        select from sandboxes s join workers w on w.id = s.owner
                        where s.id = d.sandbox_id and s.epoch = d.epoch and w.state = 'live'
                    ))
                ) as deletable
                from archives d where d.state = 'delete_pending' and d.reap_after < now()
                order by d.reap_after limit $1 for update of d skip locked
            ), claimed as (
                update archives a set
                    reap_after = now() + make_interval(secs => least(3600, 30 * power(2, least(a.attempts, 10))))
                from due d where a.id = d.id
                returning a.id, a.workspace_id, a.sandbox_id, a.format, a.provider, a.placement, a.account,
                    a.reference ->> 'externalID' as external_id, a.attempts, d.deletable
            )
            select * from claimed where deletable
            """,
            [limit]
        )
        .map(DeletableArchive.init)
    }

    /// Nothing of it exists any more.
    package func recordArchiveDeleted(_ id: ArchiveID, actor: String) async throws {
        _ = try await query(
            """
            update archives set state = 'deleted', settled_at = now(), event_actor = $2
            where id = $1 and state = 'delete_pending'
            """,
            [id.rawValue, actor]
        )
    }

    /// Drops the rows of archives that were deleted long ago; until then they tell what became of each.
    ///
    /// Not of those that a sandbox still names as what it began with.
    package func forgetDeletedArchives(olderThanHours hours: Int, limit: Int) async throws -> Int {
        try await query(
            """
            delete from archives where id in (
                select a.id from archives a
                where a.state = 'deleted' and a.settled_at < now() - make_interval(hours => $1::int)
                    and not exists (select from sandboxes s where s.source_archive = a.id)
                order by a.settled_at limit $2 for update skip locked
            ) returning id
            """,
            [hours, limit]
        )
        .count
    }

    /// Deleting it failed, which counts; it comes up again when the pause of its claim is over.
    ///
    /// - Returns: Whether it was given up.
    package func recordArchiveDeletionFailed(_ id: ArchiveID, error: String, actor: String) async throws -> Bool {
        try await query(
            """
            update archives set
                attempts = attempts + 1, error = $2, event_actor = $3,
                state = case when attempts + 1 >= \(Self.archiveDeletionAttempts) then 'delete_failed' else state end
            where id = $1 and state = 'delete_pending'
            returning state
            """,
            [id.rawValue, error, actor]
        )
        .contains { try $0.word("state") == ArchiveState.deleteFailed }
    }

    /// Lets claimed archives come up again sooner, or later: nobody was there to ask.
    package func lookAgain(at archives: [ArchiveID], inSeconds seconds: Int) async throws {
        _ = try await query(
            """
            update archives set reap_after = now() + make_interval(secs => $2)
            where id = any($1) and state = 'delete_pending'
            """,
            [archives.map(\.rawValue), seconds]
        )
    }
}

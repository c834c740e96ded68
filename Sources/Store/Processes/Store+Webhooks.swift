package import FoundationEssentials
import Logging
package import Model
import PostgresClient

/// One call that is to be made.
package struct WebhookDelivery: Sendable {
    package var id: Int64
    package var process: ProcessID
    package var workspace: WorkspaceID
    package var url: String
    /// The HMAC's key; secret, never logged.
    package var secret: String
    /// A JSON object.
    package var payload: String
    /// How often it was tried before.
    package var attempts: Int
    package var createdAt: Date
}

extension Store {
    /// What is sent: the row as the API shows it, which does not change any more.
    private static let payload = """
        jsonb_build_object(
            'id', p.id, 'sandboxId', p.sandbox_id, 'kind', p.kind, 'mode', p.mode, 'status', p.status,
            'exitCode', p.exit_code, 'signal', p.signal, 'reason', p.reason, 'message', p.message,
            'command', p.command, 'args', p.args, 'cwd', p.cwd, 'pty', p.terminal, 'timeoutMs', p.timeout_ms,
            'externalProcessId', p.external_id, 'observed', p.observed, 'stdoutBytes', p.stdout_bytes,
            'stderrBytes', p.stderr_bytes, 'chunkCount', p.chunk_count, 'outputOpen', p.output_open,
            'startedAt', \(iso8601("p.started_at")), 'exitedAt', \(iso8601("p.exited_at")), 'metadata', p.metadata
        )
        """

    /// Claims calls that are due (`SKIP LOCKED`); a claim holds for a minute.
    package func claimWebhooks(limit: Int) async throws -> [WebhookDelivery] {
        let rows = try await query(
            """
            with due as (
                select id from webhooks where due_at <= now() order by due_at limit $1 for update skip locked
            ), claimed as (
                update webhooks w set due_at = now() + interval '1 minute', attempts = attempts + 1
                from due d where w.id = d.id
                returning w.id, w.process_id, w.url, w.secret_sealed, w.attempts - 1 as attempts, w.ended_at
            )
            select c.*, p.workspace_id, \(Self.payload) as payload
            from claimed c join processes p on p.id = c.process_id order by c.ended_at, c.id
            """,
            [limit]
        )
        var deliveries: [WebhookDelivery] = []
        for row in rows {
            let id: Int64 = try row.get("id")
            do {
                deliveries.append(try delivery(row))
            } catch let error as StoreError {
                // Sealed under a key that is gone: it would stand before all others for ever.
                logger.error("webhook given up", metadata: ["webhook": "\(id)", "error": "\(error)"])
                try await webhookFailed(id, error: error.message, retryAfter: nil)
            }
        }
        return deliveries
    }

    package func webhookDelivered(_ id: Int64) async throws {
        _ = try await query(
            "update webhooks set due_at = null, settled_at = now(), delivered = true, error = null where id = $1",
            [id]
        )
    }

    /// Tries again after so many seconds; nil gives up for good.
    package func webhookFailed(_ id: Int64, error: String, retryAfter: Int?) async throws {
        _ = try await query(
            """
            update webhooks set
                due_at = now() + make_interval(secs => $2::bigint), error = $3,
                settled_at = case when $2::bigint is null then now() end
            where id = $1 and settled_at is null
            """,
            [id, retryAfter, error.withoutNUL]
        )
    }

    /// Drops calls that were made or given up long ago.
    package func forgetSettledWebhooks(olderThanHours hours: Int, limit: Int) async throws -> Int {
        try await query(
            """
            delete from webhooks where id in (
                select id from webhooks where settled_at < now() - make_interval(hours => $1::int)
                limit $2 for update skip locked
            ) returning id
            """,
            [hours, limit]
        )
        .count
    }

    private func delivery(_ row: PostgresRow) throws -> WebhookDelivery {
        let process: ProcessID = try row.identifier("process_id")
        return WebhookDelivery(
            id: try row.get("id"),
            process: process,
            workspace: try row.identifier("workspace_id"),
            url: try row.get("url"),
            secret: try sealer.openWebhookSecret(try row.get("secret_sealed"), of: process),
            payload: try row.get("payload", as: PostgresJSON.self).text,
            attempts: try row.get("attempts"),
            createdAt: try row.get("ended_at")
        )
    }

    /// UTC with milliseconds and `Z`.
    private static func iso8601(_ column: String) -> String {
        "to_char(\(column) at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"
    }
}

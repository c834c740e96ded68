package import FoundationEssentials
package import Model
import PostgresClient

/// One run of an agent that asks to speak.
package struct SessionClaim: Sendable {
    package var agent: AgentID
    package var instance: AgentInstanceID
    package var machine: String
    /// When its challenge was made, in Unix milliseconds: an older one than the last take-over is a request of before.
    package var challengedAt: Int64

    package init(agent: AgentID, instance: AgentInstanceID, machine: String, challengedAt: Int64) {
        self.agent = agent
        self.instance = instance
        self.machine = machine
        self.challengedAt = challengedAt
    }
}

/// How a claim ended.
package enum SessionOutcome: Sendable {
    /// It may speak, with credentials of that second, by the database's clock; those of the run before are void, once the
    /// gateway's authority has pushed.
    case claimed(AgentRecord, issuedAt: Int64, takesOver: Bool)
    case notFound
    case revoked
    /// Another machine speaks with the same key.
    case conflict(hostName: String, since: Date)
    /// Another run has taken over from this one, which may not speak again.
    case superseded(hostName: String, since: Date)
    /// Another run has taken over since the challenge.
    case outdated
}

extension Store {
    /// Makes a run the one that may speak for its agent (rule 22).
    ///
    /// Another run of the same machine takes over at once, for the lock there says that the one before is over; another
    /// machine only when nobody is there. All credentials of before are void then. A run that was taken over from is over
    /// for good: two copies of one machine, which know nothing of each other's locks, would take turns for ever. The row is locked `for update`, since
    /// the claim writes it: a revocation comes before it and refuses it, or after it and covers what is issued.
    package func claimSession(_ claim: SessionClaim) async throws -> SessionOutcome {
        try await StoreError.translating { [pool] in
            try await pool.withTransaction { try await Self.claim(claim, on: $0) }
        }
    }

    /// A run that was taken over from asks within seconds, so that it is among the last of them.
    private static let rememberedRuns = 64

    private static func claim(
        _ claim: SessionClaim,
        on connection: PostgresConnection
    ) async throws -> SessionOutcome {
        // One that was claimed a moment ago has had no time to be heard.
        let rows = try await connection.query(
            """
            select \(AgentRecord.columns()),
                state in ('online', 'reconnecting')
                    or (instance is not null and beat_sequence = 0 and instance_at > now() - interval '15 seconds')
                    as is_there,
                coalesce(instance_at > to_timestamp($2::bigint / 1000.0), false) as is_outdated,
                $3 = any(former_instances) as is_former,
                greatest(last_beat_at, instance_at) as since
            from agents a where id = $1 for update
            """,
            [claim.agent.rawValue, claim.challengedAt, claim.instance.rawValue]
        )
        guard let row = rows.first else { return .notFound }
        let agent = try AgentRecord(row)
        guard agent.revokedAt == nil else { return .revoked }
        if try row.get("is_former", as: Bool.self) {
            return .superseded(hostName: agent.hostName, since: agent.instanceAt ?? agent.createdAt)
        }
        let isOther = agent.instance != claim.instance || agent.machine != claim.machine
        let takesOver = isOther && agent.instance != nil
        if takesOver {
            if agent.machine != claim.machine, try row.get("is_there", as: Bool.self) {
                let since = try row.get("since", as: Date?.self)
                return .conflict(hostName: agent.hostName, since: since ?? agent.createdAt)
            }
            guard try !row.get("is_outdated", as: Bool.self) else { return .outdated }
            _ = try await revokeCredentials(of: agent.publicKey, on: connection)
        }
        let claimed = try await connection.query(
            """
            update agents a set instance = $2, machine = $3,
                instance_at = case when $4 then clock_timestamp() else instance_at end,
                former_instances = case when $4 and instance is not null
                    then (array_append(former_instances, instance))[cardinality(former_instances) - \(Self.rememberedRuns - 2):]
                    else former_instances end,
                beat_sequence = case when $4 then 0 else beat_sequence end,
                version = version + case when $4 then 1 else 0 end,
                event_kind = case when $4 then 'agent.session' else event_kind end,
                event_actor = case when $4 then 'agent/' || id else event_actor end,
                event_reason = case when $4 then null else event_reason end
            where id = $1 returning \(AgentRecord.columns())
            """,
            [claim.agent.rawValue, claim.instance.rawValue, claim.machine, isOther]
        )
        guard let row = claimed.first else { return .notFound }
        return .claimed(
            try AgentRecord(row),
            issuedAt: try await issueTime(for: agent.publicKey, on: connection),
            takesOver: takesOver
        )
    }
}

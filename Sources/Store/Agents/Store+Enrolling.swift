package import Model
import PostgresClient

/// A machine that asks to belong to a workspace.
package struct EnrollingAgent: Sendable {
    package var enrollment: EnrollmentID
    /// SHA-256 of the token.
    package var tokenHash: [UInt8]
    package var publicKey: String
    /// What it wants to be called; the enrollment's word goes first, and without any the machine's name is taken.
    package var name: String?
    package var hostName: String

    package init(enrollment: EnrollmentID, tokenHash: [UInt8], publicKey: String, name: String?, hostName: String) {
        self.enrollment = enrollment
        self.tokenHash = tokenHash
        self.publicKey = publicKey
        self.name = name
        self.hostName = hostName
    }
}

/// How the enrolling of a machine ended.
package enum EnrollingOutcome: Sendable {
    /// Now, or before with the same key.
    case enrolled(AgentRecord)
    /// No such token, or of another kind than its enrollment's.
    case unknown
    case used
    case expired
    case revoked
    /// The agent that this token made was deleted.
    case agentRevoked
    /// Another enrollment has brought an agent with this key.
    case keyTaken
    case nameTaken(String)
}

extension Store {
    /// How often a name that somebody else took meanwhile is made anew.
    private static let enrollingAttempts = 3

    /// Makes the agent of an enrollment, exactly once however many ask; the one with the first's key gets its agent again.
    package func enroll(_ wanted: EnrollingAgent, as id: AgentID) async throws -> EnrollingOutcome {
        for _ in 0..<Self.enrollingAttempts {
            do {
                return try await attempt(wanted, id)
            } catch is NameTaken {
                continue
            } catch is KeyTaken {
                return .keyTaken
            }
        }
        throw StoreError(.outcomeUnknown, "names were taken and freed again meanwhile")
    }

    private func attempt(_ wanted: EnrollingAgent, _ id: AgentID) async throws -> EnrollingOutcome {
        try await StoreError.translating { [pool] in
            do {
                return try await pool.withTransaction { try await Self.redeem(wanted, id, $0.query) }
            } catch let error as PostgresError where error.constraint == "agents_name" {
                throw NameTaken()
            } catch let error as PostgresError where error.constraint == "agents_public_key_key" {
                throw KeyTaken()
            }
        }
    }

    private static func redeem(
        _ wanted: EnrollingAgent,
        _ id: AgentID,
        _ query: (String, [any PostgresEncodable]) async throws -> PostgresRows
    ) async throws -> EnrollingOutcome {
        // Whoever comes second waits here, and sees what the first has made.
        let rows = try await query(
            """
            select \(EnrollmentRecord.columns) from agent_enrollments e
            where id = $1 and token_hash = $2 for update
            """,
            [wanted.enrollment.rawValue, wanted.tokenHash]
        )
        guard let enrollment = try rows.first.map(EnrollmentRecord.init) else { return .unknown }
        if let made = enrollment.agent {
            let agents = try await query(
                "select \(AgentRecord.columns()) from agents a where id = $1 and public_key = $2",
                [made.rawValue, wanted.publicKey]
            )
            guard let agent = try agents.first.map(AgentRecord.init) else { return .used }
            return agent.revokedAt == nil ? .enrolled(agent) : .agentRevoked
        }
        switch enrollment.state {
        case .revoked: return .revoked
        case .expired: return .expired
        case .used, .pending: break
        }
        var name = enrollment.name ?? wanted.name ?? wanted.hostName
        let taken = try await query(
            "select 1 from agents where workspace_id = $1 and name = $2 and revoked_at is null",
            [enrollment.workspace.rawValue, name]
        )
        if !taken.isEmpty {
            guard enrollment.name == nil, wanted.name == nil else { return .nameTaken(name) }
            // Nobody has asked for that name.
            name += "-\(id.rawValue.suffix(6))"
        }
        let agents = try await query(
            """
            with used as (
                update agent_enrollments set used_at = now(), agent_id = $1 where id = $2 returning workspace_id, labels
            )
            insert into agents as a (
                id, workspace_id, enrollment_id, name, labels, public_key, host_name, event_actor
            )
            select $1, workspace_id, $2, $3, labels, $4, $5, 'enrollment/' || $2 from used
            returning \(AgentRecord.columns())
            """,
            [id.rawValue, wanted.enrollment.rawValue, name, wanted.publicKey, wanted.hostName]
        )
        guard let row = agents.first else { throw StoreError(.internal, "the agent was not stored") }
        return .enrolled(try AgentRecord(row))
    }
}

/// Carry one constraint's violation past the translation of errors.
private struct NameTaken: Error {}
private struct KeyTaken: Error {}

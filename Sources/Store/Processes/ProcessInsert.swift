import FoundationEssentials
import Model
import PostgresClient

/// The statement that commits a process's row, and what it stands for.
///
/// It answers no row when the sandbox does not let the process in, and one without a start when the row, or one of its
/// operation, was there already. What its caller knows is not sent back: this is in the way of every command.
struct ProcessInsert: Sendable {
    /// Who writes the row.
    enum Author: Sendable {
        /// The holder of the sandbox's lease.
        case owner(epoch: UInt64, box: BoxID)
        /// A gateway, for another program.
        case observer(WorkspaceID, startedAt: Date?)
    }

    let process: NewProcess
    let author: Author
    let sandbox: SandboxID

    init(_ process: NewProcess, by author: Author, in sandbox: SandboxID) {
        self.process = process.storable
        self.author = author
        self.sandbox = sandbox
    }

    var sql: String {
        switch author {
        case .owner: process.webhook == nil ? Self.owners.plain : Self.owners.withWebhook
        case .observer: process.webhook == nil ? Self.observers.plain : Self.observers.withWebhook
        }
    }

    func parameters(_ sealer: EnvironmentSealer) throws -> [any PostgresEncodable] {
        var parameters: [any PostgresEncodable] = [
            sandbox.rawValue, process.id.rawValue, process.kind.rawValue, process.mode.rawValue, process.command,
            process.arguments, process.cwd, process.hasTerminal, process.timeoutMs,
            process.metadata.isEmpty ? PostgresJSON(text: "{}") : try PostgresJSON(encoding: process.metadata),
            try sealer.seal(process.environment, for: process.id), process.operation,
            process.requestHash.isEmpty ? nil : process.requestHash, process.externalID, process.webhook != nil,
            process.storedLimit, process.killsAtLimit,
        ]
        switch author {
        case .owner(let epoch, let box): parameters += [Int64(epoch), box.rawValue] as [any PostgresEncodable]
        case .observer(let workspace, let startedAt):
            parameters += [workspace.rawValue, startedAt] as [any PostgresEncodable]
        }
        if let webhook = process.webhook {
            parameters +=
                [webhook.url, try sealer.seal(webhookSecret: webhook.secret, of: process.id)]
                as [any PostgresEncodable]
        }
        return parameters
    }

    /// The row that was inserted, from what was sent and what came back.
    func record(row: PostgresRow, startedAt: Date) throws -> ProcessRecord {
        var record = ProcessRecord(
            id: process.id,
            sandbox: sandbox,
            workspace: try row.identifier("workspace_id"),
            kind: process.kind,
            mode: process.mode,
            isObserved: true,
            status: .running,
            outputOpen: false,
            command: process.command,
            arguments: process.arguments,
            cwd: process.cwd,
            hasTerminal: process.hasTerminal,
            timeoutMs: process.timeoutMs,
            storedLimit: process.storedLimit,
            killsAtLimit: process.killsAtLimit,
            operation: process.operation,
            externalID: process.externalID,
            metadata: process.metadata,
            stdoutBytes: 0,
            stderrBytes: 0,
            chunkCount: 0,
            outputState: .ok,
            startedAt: startedAt
        )
        if case .owner(let epoch, let box) = author {
            record.isObserved = false
            record.epoch = epoch
            record.box = box
            record.provider = try row.get("provider", as: String.self)
        }
        return record
    }
}

extension ProcessInsert {
    private static let owners = Statement(
        admitting: "epoch = $18 and lease_state = 'warm'",
        columns: "epoch, box_id, provider",
        values: "$18, $19, s.provider"
    )
    private static let observers = Statement(
        admitting: "workspace_id = $18 and deleted_at is null",
        columns: "observed, started_at",
        values: "true, coalesce($19, now())"
    )

    /// The two forms of one author's statement.
    private struct Statement: Sendable {
        let plain: String
        let withWebhook: String

        init(admitting condition: String, columns: String, values: String) {
            let insert = """
                with s as (
                    select id, workspace_id, provider from sandboxes where id = $1 and \(condition) for key share
                ), fresh as (
                    insert into processes (
                        id, kind, mode, command, args, cwd, terminal, timeout_ms, metadata, env_sealed, operation_id,
                        request_hash, external_id, has_webhook, stored_limit, kills_at_limit,
                        sandbox_id, workspace_id, \(columns)
                    )
                    select $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,
                        s.id, s.workspace_id, \(values)
                    from s
                    on conflict do nothing returning started_at
                )
                """
            // The call to make at the end is written with the row, or not at all.
            let hook = """
                , hook as (
                    insert into webhooks (process_id, url, secret_sealed) select $2, $20, $21 from fresh
                )
                """
            let answer = "\nselect s.workspace_id, s.provider, f.started_at from s left join fresh f on true"
            plain = insert + answer
            withWebhook = insert + hook + answer
        }
    }
}

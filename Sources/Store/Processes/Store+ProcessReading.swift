package import Model
import PostgresClient

extension Store {
    /// Nil when it is absent or another workspace's.
    package func process(_ process: ProcessID, in workspace: WorkspaceID) async throws -> ProcessRecord? {
        try await query(
            "select \(ProcessRecord.columns) from processes p where id = $1 and workspace_id = $2",
            [process.rawValue, workspace.rawValue]
        )
        .first.map(ProcessRecord.init)
    }

    /// The process of an operation, when there is one.
    package func process(ofOperation operation: String, in sandbox: SandboxID) async throws -> ProcessRecord? {
        try await query(
            "select \(ProcessRecord.columns) from processes p where sandbox_id = $1 and operation_id = $2",
            [sandbox.rawValue, operation]
        )
        .first.map(ProcessRecord.init)
    }

    /// The newest first, from before `cursor`; a filter that is nil does not filter.
    package func processes(
        of sandbox: SandboxID,
        in workspace: WorkspaceID,
        status: ProcessStatus?,
        kind: ProcessKind?,
        before cursor: ProcessID?,
        limit: Int
    ) async throws -> [ProcessRecord] {
        // Few of many run, and they have an index of their own: only a constant finds it.
        let running = status == .running ? "and status = 'running'" : ""
        return try await query(
            """
            select \(ProcessRecord.columns) from processes p
            where sandbox_id = $1 and workspace_id = $2 and ($3::text is null or status = $3)
                and ($4::text is null or kind = $4) and ($5::text is null or id < $5) \(running)
            order by id desc limit $6
            """,
            [
                sandbox.rawValue, workspace.rawValue, status?.rawValue, kind?.rawValue, cursor?.rawValue, limit,
            ]
        )
        .map(ProcessRecord.init)
    }
}

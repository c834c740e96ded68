package import FoundationEssentials
package import Model
import PostgresClient

extension Store {
    /// Ends a running row of this epoch; the first end stands.
    ///
    /// Carries the event into the outbox and, where asked at start, the webhook, in the same transaction.
    ///
    /// - Returns: The row as it is now, ended by this call or before; nil when the epoch is not its any more.
    package func endProcess(
        _ process: ProcessID,
        epoch: UInt64,
        as end: ProcessEnd,
        output: OutputTotals,
        actor: String
    ) async throws -> ProcessRecord? {
        let ended = try await query(
            Self.endingOwned,
            Self.parameters(process, end, output, actor) + [Int64(epoch)]
        )
        if let row = ended.first { return try ProcessRecord(row) }
        // A statement of its own: it sees the end that the first one waited for.
        return try await query(
            "select \(ProcessRecord.columns) from processes p where id = $1 and epoch = $2",
            [process.rawValue, Int64(epoch)]
        )
        .first.map(ProcessRecord.init)
    }

    /// Ends a running observed row; the first end stands.
    ///
    /// - Returns: The row as it is now; nil when there is no such observed row.
    package func endObserved(
        _ process: ProcessID,
        in workspace: WorkspaceID,
        as end: ProcessEnd,
        output: OutputTotals,
        exitedAt: Date?,
        actor: String
    ) async throws -> ProcessRecord? {
        let ended = try await query(
            Self.endingObserved,
            Self.parameters(process, end, output, actor) + [workspace.rawValue, exitedAt]
        )
        if let row = ended.first { return try ProcessRecord(row) }
        return try await query(
            "select \(ProcessRecord.columns) from processes p where id = $1 and workspace_id = $2 and observed",
            [process.rawValue, workspace.rawValue]
        )
        .first.map(ProcessRecord.init)
    }

    /// Notes who asks for the end of a process, before it is asked of its owner: its end names them.
    package func noteKill(_ process: ProcessID, in workspace: WorkspaceID, actor: String) async throws {
        _ = try await query(
            "update processes set killed_by = $3 where id = $1 and workspace_id = $2 and status = 'running'",
            [process.rawValue, workspace.rawValue, actor]
        )
    }

    private static let endingOwned = ending(by: "epoch = $14", exitedAt: "now()")
    private static let endingObserved = ending(
        by: "workspace_id = $14 and observed",
        exitedAt: "coalesce($15, now())"
    )

    private static func ending(by fence: String, exitedAt: String) -> String {
        """
        update processes p set
            status = $2, exit_code = $3, signal = $4, reason = $5, message = $6, output_open = $7, stdout_bytes = $8,
            stderr_bytes = $9, chunk_count = $10, stream_first = $11, stream_last = $12, ended_by = $13,
            exited_at = \(exitedAt)
        where id = $1 and status = 'running' and \(fence)
        returning \(ProcessRecord.columns)
        """
    }

    private static func parameters(
        _ process: ProcessID,
        _ end: ProcessEnd,
        _ output: OutputTotals,
        _ actor: String
    ) -> [any PostgresEncodable] {
        let end = end.storable
        return [
            process.rawValue, end.status.rawValue, end.exitCode, end.signal, end.reason, end.message, end.outputOpen,
            Int64(clamping: output.stdoutBytes), Int64(clamping: output.stderrBytes),
            Int64(clamping: output.chunkCount), output.streamFirst.map { Int64(clamping: $0) },
            output.streamLast.map { Int64(clamping: $0) }, actor,
        ]
    }
}

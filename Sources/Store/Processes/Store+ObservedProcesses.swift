package import FoundationEssentials
package import Model

/// Observed processes: rows that a gateway writes for another program.
extension Store {
    /// Nil when the sandbox is absent, deleted or another workspace's.
    package func observeProcess(
        _ process: NewProcess,
        in sandbox: SandboxID,
        workspace: WorkspaceID,
        startedAt: Date?
    ) async throws -> ProcessInsertion? {
        try await insert(ProcessInsert(process, by: .observer(workspace, startedAt: startedAt), in: sandbox))
    }
}

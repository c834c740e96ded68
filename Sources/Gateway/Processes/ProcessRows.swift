package import FoundationEssentials
package import Model
package import Store

/// What the gateway asks of the rows of processes.
package protocol ProcessRows: Sendable {
    func process(_ process: ProcessID, in workspace: WorkspaceID) async throws -> ProcessRecord?

    func process(ofOperation operation: String, in sandbox: SandboxID) async throws -> ProcessRecord?

    func processes(
        of sandbox: SandboxID,
        in workspace: WorkspaceID,
        status: ProcessStatus?,
        kind: ProcessKind?,
        before cursor: ProcessID?,
        limit: Int
    ) async throws -> [ProcessRecord]

    /// Notes who asks for a process's end, before its owner is asked.
    func noteKill(_ process: ProcessID, in workspace: WorkspaceID, actor: String) async throws

    func observeProcess(
        _ process: NewProcess,
        in sandbox: SandboxID,
        workspace: WorkspaceID,
        startedAt: Date?
    ) async throws -> ProcessInsertion?

    func endObserved(
        _ process: ProcessID,
        in workspace: WorkspaceID,
        as end: ProcessEnd,
        output: OutputTotals,
        exitedAt: Date?,
        actor: String
    ) async throws -> ProcessRecord?
}

extension Store: ProcessRows {}

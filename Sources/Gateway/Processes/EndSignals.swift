package import Bus
package import Model

/// The news that a process's row has been ended (`ended.<ws>.<process>`).
package protocol EndSignals: Sendable {
    /// Calls the closure for each signal until the listening is stopped; returns once no signal can be missed any more.
    func listen(
        to process: ProcessID,
        in workspace: WorkspaceID,
        _ heard: @escaping @Sendable () -> Void
    ) async throws -> any EndListening

    /// Tells whoever waits to read the row.
    func announce(_ process: ProcessID, in workspace: WorkspaceID) throws
}

/// A listening that lasts until it is stopped.
package protocol EndListening: Sendable {
    func stop()
}

extension Bus: EndSignals {
    package func listen(
        to process: ProcessID,
        in workspace: WorkspaceID,
        _ heard: @escaping @Sendable () -> Void
    ) async throws -> any EndListening {
        try await listenForEnd(of: process, in: workspace, heard)
    }

    package func announce(_ process: ProcessID, in workspace: WorkspaceID) throws {
        try announceEnd(of: process, in: workspace)
    }
}

extension EndSubscription: EndListening {}

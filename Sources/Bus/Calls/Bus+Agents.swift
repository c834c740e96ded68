package import Model
import NATSClient
package import Wire

extension Bus {
    /// Asks one run of one agent, on a user's machine.
    ///
    /// A connection that breaks ends the wait: everything that agents do may be asked again.
    ///
    /// - Parameters:
    ///   - isBulk: The request or its answer carries bytes of files or streams.
    ///   - timeout: How long to wait for the answer.
    /// - Throws: `BusError`; `CancellationError`.
    package func ask(
        _ request: WireAgentRequest,
        workspace: WorkspaceID,
        agent: AgentID,
        instance: AgentInstanceID,
        requestID: String,
        isBulk: Bool,
        timeout: Duration
    ) async throws -> WireAgentReply {
        try await self.request(
            Subject.agent(workspace, agent, instance),
            request,
            context: CallContext(requestID: requestID, deadline: .now + timeout),
            timeout: timeout,
            over: isBulk ? bulk : connection,
            endsWithConnection: true
        )
    }
}

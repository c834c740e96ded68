package import Bus
package import Model
package import Wire

/// What the gateway asks of the bus.
package protocol SandboxBus: Sendable {
    var isConnected: Bool { get }

    func ask(
        _ request: WireSandboxRequest,
        workspace: WorkspaceID,
        sandbox: SandboxID,
        context: CallContext
    ) async throws -> WireSandboxReply

    func acquire(
        provider: String,
        placement: String?,
        workspace: WorkspaceID,
        sandbox: SandboxID,
        context: CallContext
    ) async throws -> WireAcquireReply

    /// Asks a worker of a provider for work that needs no sandbox's owner.
    func upkeep(
        _ request: WireUpkeepRequest,
        provider: String,
        placement: String?,
        context: CallContext
    ) async throws -> WireUpkeepReply

    func openTunnel(workspace: WorkspaceID) async throws -> Tunnel
}

extension BusClient: SandboxBus {}

import Bus
import Hummingbird
import Model
import Wire

/// Sends bytes through a tunnel beside the request that they belong to.
struct Upload: Sendable {
    private enum Event<Sent: Sendable>: Sendable {
        case reply(WireSandboxReply)
        case sent(Sent)
    }

    let caller: SandboxCaller
    let sandbox: SandboxID
    let workspace: WorkspaceID
    let context: GatewayContext

    /// Sends the request, and what the body sends; whichever fails first ends both.
    ///
    /// The body throws rather than returns when the bytes are not all there, so that nothing is put in place.
    func send<Sent: Sendable>(
        _ operation: WireSandboxRequest,
        body: @escaping @Sendable (Tunnel) async throws -> Sent
    ) async throws -> (reply: WireSandboxReply, sent: Sent) {
        let tunnel = try await caller.bus.openTunnel(workspace: workspace)
        defer { tunnel.close() }
        var request = operation
        request.tunnel = tunnel.id.rawValue
        let named = request
        return try await withThrowingTaskGroup(of: Event<Sent>.self) { group in
            defer { group.cancelAll() }
            group.addTask {
                .reply(try await caller.ask(named, of: sandbox, in: workspace, context.call(within: nil)))
            }
            group.addTask {
                do {
                    let sent = try await body(tunnel)
                    try Task.checkCancellation()
                    try await tunnel.finish()
                    return .sent(sent)
                } catch {
                    tunnel.reset(Fault(caught: error))
                    throw error
                }
            }
            var reply: WireSandboxReply?
            var sent: Sent?
            while let event = try await group.next() {
                switch event {
                case .reply(let value): reply = value
                case .sent(let value): sent = value
                }
                if let reply, let sent { return (reply, sent) }
            }
            throw Fault(.internal, "The upload ended without an answer.")
        }
    }

    /// Sends a body as it comes, however long it is, and holds it to what its sender said of it.
    func send(
        _ operation: WireSandboxRequest,
        body: RequestBody,
        digest: ContentDigest
    ) async throws -> (reply: WireSandboxReply, sent: ContentDigest.Measure) {
        try await send(operation) { tunnel in
            var digest = digest
            for try await bytes in body {
                digest.update(bytes)
                try await tunnel.send(bytes)
            }
            // A connection that broke looks like the end of the body, but its task is cancelled.
            try Task.checkCancellation()
            return try digest.finish()
        }
    }
}

package import Model
import SwiftProtobuf
package import Wire

extension BusClient {
    /// Asks the workers of a provider to take a sandbox's lease and do what its row says.
    ///
    /// The queue group hands a request to one worker, who may be killed, cut off or frozen before it answers, and nobody
    /// tells. So it is sent again for as long as there is no answer, and the first answer counts. Asked twice, a lease is
    /// taken once: who is at it lets both wait for the same attempt, and any other asks the one whose it is.
    package func acquire(
        provider: String,
        placement: String?,
        workspace: WorkspaceID,
        sandbox: SandboxID,
        context: CallContext
    ) async throws -> WireAcquireReply {
        var request = WireAcquireRequest()
        request.workspaceID = workspace.rawValue
        request.sandboxID = sandbox.rawValue
        let (subject, body) = (Subject.acquire(provider: provider, placement: placement), request)
        let end = context.deadline ?? .now + .seconds(120)
        return try await withThrowingTaskGroup(of: WireAcquireReply?.self) { group in
            defer { group.cancelAll() }
            repeat {
                group.addTask { try await bus.request(subject, body, context: context, timeout: end - .now) }
                group.addTask {
                    try await Task.sleep(for: acquisitionPatience)
                    return nil
                }
                if let reply = try await group.next() ?? nil { return reply }
            } while .now < end
            throw BusError.timeout
        }
    }
}

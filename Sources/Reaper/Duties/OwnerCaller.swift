import Bus
import Logging
import Model
import ServiceHost
import Store
import SwiftProtobuf
import Wire

/// Asks somebody to look after a sandbox: its owner, or, where nobody answers, a worker that may take the lease.
struct OwnerCaller: Sendable {
    /// How many sandboxes of one pass are asked about at once.
    static let width = 16

    let client: BusClient
    let store: Store
    let actor: String
    let logger: Logger

    /// Asks about each; a failure is logged, and the sandbox comes up again after its patience.
    ///
    /// - Returns: With how many it failed.
    func settle(_ sandboxes: [DueSandbox], onlyIfDue: Bool) async -> Int {
        await forEach(sandboxes) { sandbox in
            var request = WireSandboxRequest()
            request.settle = .with { $0.onlyIfDue = onlyIfDue }
            do {
                _ = try await client.ask(
                    request,
                    workspace: sandbox.workspace,
                    sandbox: sandbox.id,
                    context: context(within: .seconds(30))
                )
            } catch let error as BusError where error.code == .noResponders {
                // Where there is no box, nobody outside has to be asked.
                if try await store.settleWithoutBox(sandbox.id, actor: actor) { return }
                try await acquire(sandbox)
            }
        }
    }

    /// Has a worker take each, and do what its row says.
    ///
    /// - Returns: With how many that failed.
    func acquire(_ sandboxes: [DueSandbox]) async -> Int {
        await forEach(sandboxes) { try await acquire($0) }
    }

    private func acquire(_ sandbox: DueSandbox) async throws {
        do {
            _ = try await client.acquire(
                provider: sandbox.provider,
                placement: sandbox.placement,
                workspace: sandbox.workspace,
                sandbox: sandbox.id,
                context: context(within: .seconds(60))
            )
        } catch let error as BusError where error.code == .noResponders {
            // No worker is up yet: look again soon, not after the patience for those that tried.
            try await store.lookAgain(at: sandbox.id, inSeconds: 1)
            throw error
        }
    }

    private func context(within limit: Duration) -> CallContext {
        CallContext(requestID: OperationID.now().rawValue, deadline: .now + limit)
    }

    private func forEach(
        _ sandboxes: [DueSandbox],
        _ body: @escaping @Sendable (DueSandbox) async throws -> Void
    ) async -> Int {
        await withTaskGroup(of: Int.self) { group in
            var failed = 0
            for (index, sandbox) in sandboxes.enumerated() {
                if index >= Self.width { failed += await group.next() ?? 0 }
                group.addTask {
                    do {
                        try await body(sandbox)
                        return 0
                    } catch {
                        logger.info(
                            "sandbox not settled",
                            metadata: .keyed([.sandbox: "\(sandbox.id)", .error: "\(error)"])
                        )
                        return 1
                    }
                }
            }
            return await group.reduce(failed, +)
        }
    }
}

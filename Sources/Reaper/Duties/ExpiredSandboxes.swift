import Store

/// Stops sandboxes whose `timeoutMs` is over.
struct ExpiredSandboxes: Duty {
    let name = "expired_sandboxes"
    let interval = Duration.seconds(1)
    let batch = 64

    let caller: OwnerCaller
    let store: Store
    let actor: String

    func pass() async throws -> DutyPass {
        let due = try await store.claimExpired(limit: batch, actor: actor)
        return DutyPass(found: due.count, failed: await caller.settle(due, onlyIfDue: false))
    }
}

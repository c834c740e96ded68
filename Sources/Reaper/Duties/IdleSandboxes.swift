import Store

/// Asks the owners of sandboxes that may idle whether they do.
struct IdleSandboxes: Duty {
    let name = "idle_sandboxes"
    let interval = Duration.seconds(1)
    let batch = 64

    let caller: OwnerCaller
    let store: Store

    func pass() async throws -> DutyPass {
        let due = try await store.claimIdle(limit: batch)
        return DutyPass(found: due.count, failed: await caller.settle(due, onlyIfDue: true))
    }
}

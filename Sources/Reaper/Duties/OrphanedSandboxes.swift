import Store

/// Has the sandboxes of dead workers taken over at once, unasked.
struct OrphanedSandboxes: Duty {
    let name = "orphaned_sandboxes"
    let interval = Duration.seconds(1)
    let batch = 64

    let caller: OwnerCaller
    let store: Store

    func pass() async throws -> DutyPass {
        let due = try await store.claimOrphaned(limit: batch)
        return DutyPass(found: due.count, failed: await caller.acquire(due))
    }
}

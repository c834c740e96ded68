import Store

/// Drives creations that nobody drives (rule 1), and finishes stops and deletes that nobody finished.
struct UnsettledSandboxes: Duty {
    let name = "unsettled_sandboxes"
    let interval = Duration.seconds(2)
    let batch = 64

    let caller: OwnerCaller
    let store: Store

    func pass() async throws -> DutyPass {
        let due = try await store.claimUnsettled(limit: batch)
        return DutyPass(found: due.count, failed: await caller.settle(due, onlyIfDue: false))
    }
}

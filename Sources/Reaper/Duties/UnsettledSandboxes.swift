import Store

/// Drives creations that nobody drives (rule 1), and finishes stops and deletes that nobody finished.
struct UnsettledSandboxes: Duty {
    let name = "unsettled_sandboxes"
    let interval = Duration.seconds(2)
    let batch = 64

    let caller: OwnerCaller
    let store: Store

    func pass() async throws -> Int {
        let due = try await store.claimUnsettled(limit: batch)
        await caller.settle(due, onlyIfDue: false)
        return due.count
    }
}

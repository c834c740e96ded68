import Store

/// Asks the owners of sandboxes that may idle whether they do.
struct IdleSandboxes: Duty {
    let name = "idle_sandboxes"
    let interval = Duration.seconds(1)
    let batch = 64

    let caller: OwnerCaller
    let store: Store

    func pass() async throws -> Int {
        let due = try await store.claimIdle(limit: batch)
        await caller.settle(due, onlyIfDue: true)
        return due.count
    }
}

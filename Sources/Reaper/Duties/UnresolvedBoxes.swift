import Store

/// Has somebody find out whether a box was made, where the call was not answered and nobody came back to its sandbox.
struct UnresolvedBoxes: Duty {
    let name = "unresolved_boxes"
    let interval = Duration.seconds(5)
    let batch = 64

    let caller: OwnerCaller
    let store: Store

    func pass() async throws -> DutyPass {
        let due = try await store.claimUnresolved(limit: batch)
        return DutyPass(found: due.count, failed: await caller.settle(due, onlyIfDue: false))
    }
}

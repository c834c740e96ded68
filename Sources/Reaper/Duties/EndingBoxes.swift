import Store

/// Asks the owners of boxes that their provider will end soon to drain them before that.
struct EndingBoxes: Duty {
    let name = "ending_boxes"
    let interval = Duration.seconds(2)
    let batch = 64

    let caller: OwnerCaller
    let store: Store

    func pass() async throws -> DutyPass {
        let due = try await store.claimEnding(limit: batch)
        return DutyPass(found: due.count, failed: await caller.settle(due, onlyIfDue: true))
    }
}

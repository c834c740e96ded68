import Store

/// Marks checkpoints whose time is over for deletion.
struct CheckpointExpiry: Duty {
    let name = "checkpoint_expiry"
    let interval = Duration.seconds(5)
    let batch = 256

    let store: Store
    let actor: String

    func pass() async throws -> DutyPass {
        DutyPass(found: try await store.claimExpiredCheckpoints(limit: batch, actor: actor).count)
    }
}

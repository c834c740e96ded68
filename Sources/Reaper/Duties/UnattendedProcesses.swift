import Store

/// Has sandboxes served again in which programs run although nobody serves them.
///
/// A worker that let go of its leases leaves such behind; the next owner follows the programs' output and their ends.
struct UnattendedProcesses: Duty {
    let name = "unattended_processes"
    let interval = Duration.seconds(1)
    let batch = 64

    let caller: OwnerCaller
    let store: Store

    func pass() async throws -> DutyPass {
        let due = try await store.claimUnattended(limit: batch)
        return DutyPass(found: due.count, failed: await caller.acquire(due))
    }
}

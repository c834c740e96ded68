import Logging
import ServiceHost
import Store

/// Marks half saved workspaces for deletion whose maker has no lease any more.
struct ForsakenCandidates: Duty {
    let name = "forsaken_candidates"
    let interval = Duration.seconds(5)
    let batch = 256

    let store: Store
    let actor: String
    let logger: Logger

    func pass() async throws -> DutyPass {
        let forsaken = try await store.claimForsakenCandidates(limit: batch, actor: actor)
        if !forsaken.isEmpty {
            logger.notice("half saved workspaces are to be deleted", metadata: .keyed([.count: "\(forsaken.count)"]))
        }
        return DutyPass(found: forsaken.count)
    }
}

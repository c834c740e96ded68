import ArchiveStore
import ProcessOutput
import Store

/// Forgets processes that ended long ago, their archived output first.
struct ProcessRetention: Duty {
    /// How many processes' objects are deleted at once.
    static let width = 4

    let name = "process_retention"
    let interval = Duration.seconds(60)
    let batch = 256

    let store: Store
    /// Nil where none is configured.
    let archive: (any ArchiveStore)?
    /// How long after its end a process is kept.
    let hours: Int

    func pass() async throws -> DutyPass {
        let expired = try await store.claimExpiredProcesses(olderThanHours: hours, limit: batch)
        if let archive {
            try await ForEach(width: Self.width)
                .run(expired) { process in
                    // By its folder: a crash may have left an object that no row tells of.
                    for try await object in try await archive.list(SegmentWriter.folder(of: process)) {
                        try await archive.delete(object)
                    }
                }
        }
        try await store.deleteProcesses(expired)
        return DutyPass(found: expired.count)
    }
}

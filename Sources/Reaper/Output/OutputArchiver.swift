import Bus
import FoundationEssentials
import Logging
import Model
import ProcessOutput
import ServiceHost
import Store

/// Moves the output of ended processes to the archive, and that of running ones now and then (rule 19).
struct OutputArchiver: Duty {
    /// Running output moves this often, in seconds: well before it expires in the stream.
    static let runningFor = 6 * 3600
    /// How many processes are moved at once.
    static let width = 8

    let name = "output_archiver"
    let interval = Duration.seconds(5)
    let batch = 64

    let mover: OutputMover
    let store: Store
    let logger: Logger
    /// How long after its end a process's output moves, in seconds.
    let endedFor: Int
    /// So long after the end nobody appends any more, in seconds, also when the end was found by somebody else.
    var quietAfter: Int64 = 60

    func pass() async throws -> DutyPass {
        let due = try await store.claimArchivable(endedFor: endedFor, runningFor: Self.runningFor, limit: batch)
        try await ForEach(width: Self.width)
            .run(due) { archivable in
                do {
                    try await archive(archivable)
                } catch  where !error.concernsAll {
                    logger.warning(
                        "output not archived",
                        metadata: .keyed([.process: "\(archivable.process.id)", .error: "\(error)"])
                    )
                }
            }
        return DutyPass(found: due.count)
    }

    private func archive(_ archivable: ArchivableProcess) async throws {
        let process = archivable.process
        let outcome = try await mover.move(
            OutputMover.Source(
                process: process.id,
                workspace: process.workspace,
                sandbox: process.sandbox,
                isRunning: process.isRunning,
                streamStart: process.streamFirst ?? 0,
                lastSegment: archivable.lastSegment
            )
        )
        guard let exitedAt = process.exitedAt else { return try await store.releaseOutput(of: process.id) }
        // What the row of an owner that vanished says may be followed by a last chunk.
        let quiet = mover.bus.clock.now / 1000 - Int64(exitedAt.timeIntervalSince1970)
        let isOver = outcome.tail?.position.hasEnded ?? false || quiet >= quietAfter
        guard outcome.isComplete, isOver else { return }
        let archived = outcome.lastSegment?.lastSequence ?? 0
        if archived < process.chunkCount {
            logger.warning(
                "output expired before it was archived",
                metadata: .keyed([.process: "\(process.id)", .count: "\(process.chunkCount - archived)"])
            )
        }
        // Where a part is kept, reading tells which chunks are not.
        let isGone = outcome.lastSegment == nil && process.chunkCount > 0
        try await store.outputArchived(process.id, as: isGone ? .expired : .archived)
    }
}

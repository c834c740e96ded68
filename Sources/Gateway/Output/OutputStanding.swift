import Model
import ProcessOutput
import Store

/// Where a process's record stands, by the row, the stream and the archive.
struct OutputStanding: Sendable {
    var position: OutputPosition
    /// The newest stored message; nil when the stream holds none, or it did not have to be asked.
    var tail: OutputTail?

    /// - Throws: `OutputError.unavailable` when the broker has to be asked and does not answer.
    init(of process: ProcessRecord, from source: any OutputSource) async throws {
        position = OutputPosition(
            sequence: process.chunkCount,
            stdout: process.stdoutBytes,
            stderr: process.stderrBytes
        )
        // What is in the row is final, when its writer knew it: a row that ended with its sandbox has no counts.
        guard process.isRunning || process.streamLast == nil else { return }
        tail = try await source.tail(of: process)
        if let tail {
            if tail.position.sequence >= position.sequence { position = tail.position }
        } else if let archived = try await source.archivedPosition(of: process), archived.sequence > position.sequence {
            position = archived
        }
    }
}

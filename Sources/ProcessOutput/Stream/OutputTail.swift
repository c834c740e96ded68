package import Bus
package import Model
import NATSClient

/// The newest stored message of a process.
package struct OutputTail: Sendable, Hashable {
    package var position: OutputPosition
    package var streamSequence: UInt64
    /// Of the process's first message; nil when that is not known.
    package var firstStreamSequence: UInt64?

    package init(position: OutputPosition, streamSequence: UInt64, firstStreamSequence: UInt64? = nil) {
        self.position = position
        self.streamSequence = streamSequence
        self.firstStreamSequence = firstStreamSequence
    }

    init(_ stored: StoredBatch) {
        self.init(
            position: stored.batch.position,
            streamSequence: stored.streamSequence,
            firstStreamSequence: stored.firstStreamSequence
        )
    }
}

extension Bus {
    /// Where a process's record stands, by the stream's leader; nil when nothing is stored, or not any more.
    package func outputTail(
        workspace: WorkspaceID,
        sandbox: SandboxID,
        process: ProcessID
    ) async throws -> OutputTail? {
        let subject = Subject.output(workspace, sandbox, process)
        do {
            let message = try await bulk.jetStream().lastMessage(stream: OutputStream.name, subject: subject)
            return try message.map { OutputTail(try StoredBatch($0)) }
        } catch let error as NATSError {
            throw OutputError.unavailable("\(error)")
        }
    }
}

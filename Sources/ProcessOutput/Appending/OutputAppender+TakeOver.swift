package import Bus
package import Logging
package import Model
import NATSClient
package import NIOCore

/// A process's record in the hands of a new owner.
package struct OutputTakeOver: Sendable {
    package let appender: OutputAppender
    /// Stands after the chunk that tells of the take-over.
    package var composer: ChunkComposer
    /// Where the record stood before: output goes on at these offsets.
    package let previous: OutputPosition
}

extension OutputAppender {
    /// Appends the `status` chunk with which a new epoch begins, on whatever is stored; from then on no older epoch can
    /// append (rule 14).
    ///
    /// Of a record that has ended nothing is appended: see `previous.hasEnded`. A broker that does not answer is asked
    /// again until the task is cancelled. Throws `OutputError.fenced` when a later epoch was there before.
    ///
    /// - Parameters:
    ///   - archived: How far the archive goes by the rows, for a process whose messages have all left the stream. Asked
    ///     after the stream, since nothing is dropped from there before the rows tell of it.
    ///   - status: The chunk's JSON, for the position that is taken over.
    package static func takeOver(
        bus: Bus,
        workspace: WorkspaceID,
        sandbox: SandboxID,
        process: ProcessID,
        epoch: UInt64,
        archived: @escaping @Sendable () async throws -> OutputTail? = { nil },
        at: Int64,
        logger: Logger,
        onStall: @escaping @Sendable (Bool) -> Void = { _ in },
        status: (OutputPosition) -> ByteBuffer
    ) async throws -> OutputTakeOver {
        var pause = AppendProgress.firstPause
        while true {
            do {
                let tail = try await bus.outputTail(workspace: workspace, sandbox: sandbox, process: process)
                let previous =
                    if let tail { tail.position } else { try await archived()?.position ?? OutputPosition() }
                guard previous.epoch <= epoch else { throw OutputError.fenced }
                var composer = ChunkComposer(position: previous, epoch: epoch)
                let appender = OutputAppender(
                    bus: bus,
                    workspace: workspace,
                    sandbox: sandbox,
                    process: process,
                    epoch: epoch,
                    tail: tail,
                    logger: logger,
                    archived: archived,
                    onStall: onStall
                )
                composer.add(.status, status(previous), at: at)
                if let batch = composer.next() { try await appender.append(batch) }
                return OutputTakeOver(appender: appender, composer: composer, previous: previous)
            } catch OutputError.outdated {
                // The owner before was a moment faster, for the last time.
                continue
            } catch OutputError.unavailable where bus.bulk.state != .closed {
                try await Task.sleep(for: pause)
                pause = min(pause * 2, AppendProgress.longestPause)
            }
        }
    }
}

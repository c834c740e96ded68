import BoxProtocol
import ExecutionEngine

extension BoxConnection {
    /// Starts a process.
    ///
    /// Cancelled while it waits, it has the process killed.
    package func start(_ command: BoxCommand) async throws -> BoxProcess {
        let stream = channel.makeStream()
        let inbox = ProcessInbox()
        do {
            let started = try await inbox.waitForStart {
                try channel.follow(.start, command.message, stream: stream, by: inbox)
            }
            return BoxProcess(
                id: command.id,
                started: started,
                isDetached: command.isDetached,
                connection: self,
                stream: stream,
                inbox: inbox
            )
        } catch let error as CancellationError {
            channel.send(.kill, KillMessage(stream: stream, graceMilliseconds: 0))
            channel.send(.release, EmptyMessage(), stream: stream)
            channel.unfollow(stream)
            throw error
        }
    }

    /// Follows a detached process from these offsets on, whoever started it; the box may forget what lies before them.
    package func attach(id: String, stdoutOffset: UInt64, stderrOffset: UInt64) async throws -> BoxProcess {
        let stream = channel.makeStream()
        let inbox = ProcessInbox()
        let offsets = OutputOffsets(stdout: stdoutOffset, stderr: stderrOffset)
        do {
            let started = try await inbox.waitForStart {
                try channel.follow(.attach, AttachMessage(id: id, offsets: offsets), stream: stream, by: inbox)
            }
            return BoxProcess(
                id: id,
                started: started,
                isDetached: true,
                connection: self,
                stream: stream,
                inbox: inbox,
                offsets: offsets
            )
        } catch let error as CancellationError {
            channel.send(.detach, EmptyMessage(), stream: stream)
            channel.unfollow(stream)
            throw error
        }
    }

    /// Every process that runs in the box, or has ended and was not released.
    package func processes() async throws -> [BoxProcessSummary] {
        guard case .processes(let summaries) = try await channel.request(.processes, EmptyMessage()) else {
            throw violation()
        }
        return summaries.map(BoxProcessSummary.init)
    }
}

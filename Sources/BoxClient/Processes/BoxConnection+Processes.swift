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

    /// Starts a durable process, or follows the one of this id from the first byte that is held.
    ///
    /// What was killed by its id before it could start is refused as ended; by a keeper also what was released.
    package func startOrAttach(_ command: BoxCommand) async throws -> (process: BoxProcess, isAttached: Bool) {
        do {
            return (try await start(command), false)
        } catch let error as BoxError where error.code == .processExists {
            guard let known = try await processes().first(where: { $0.id == command.id }) else { throw error }
            let process = try await attach(
                id: command.id,
                stdoutOffset: known.stdoutStart,
                stderrOffset: known.stderrStart
            )
            return (process, true)
        }
    }

    /// Ends a process by its id and every descendant: TERM, then KILL after the grace.
    ///
    /// Returns when none of them lives; false when the id is unknown, and must not start any more.
    package func kill(id: String, grace: Duration = .zero) async throws -> Bool {
        do {
            try await perform(.killNamed, KillNamedMessage(id: id, graceMilliseconds: grace.wholeMilliseconds))
            return true
        } catch let error as BoxError where error.code == .noSuchProcess {
            return false
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

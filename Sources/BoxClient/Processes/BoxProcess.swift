import BoxProtocol
import NIOConcurrencyHelpers
import NIOCore

/// A process in a box that this connection follows.
///
/// One task reads its events. When the last reference goes, a process that still runs is killed, a detached one is left
/// to itself.
package final class BoxProcess: Sendable {
    /// Telling of every chunk would double the frames.
    ///
    /// Less than half of the smallest window that a box gives a process.
    private static let acknowledgeEvery: UInt64 = 8 << 10

    private struct Progress {
        /// What the box may forget.
        var done = OutputOffsets()
        /// What it was told of that.
        var told = OutputOffsets()
        var isReleased = false
    }

    package let id: String
    /// As the box sees it.
    package let process: Int32
    package let isDetached: Bool
    /// How far its input had got when this connection began to follow it.
    package let inputAtStart: BoxInput
    let connection: BoxConnection
    let stream: UInt32
    let inbox: ProcessInbox
    private let progress: NIOLockedValueBox<Progress>

    init(
        id: String,
        started: StartedMessage,
        isDetached: Bool,
        connection: BoxConnection,
        stream: UInt32,
        inbox: ProcessInbox,
        offsets: OutputOffsets = OutputOffsets()
    ) {
        self.id = id
        process = started.process
        inputAtStart = BoxInput(started.input)
        self.isDetached = isDetached
        self.connection = connection
        self.stream = stream
        self.inbox = inbox
        progress = NIOLockedValueBox(Progress(done: offsets, told: offsets))
    }

    deinit {
        if !progress.withLockedValue({ $0.isReleased }) {
            connection.channel.unfollow(stream)
            connection.channel.send(isDetached ? .detach : .release, EmptyMessage(), stream: stream)
        }
    }
}

// MARK: Output

extension BoxProcess {
    /// Waits for the next thing the process does.
    ///
    /// After the exit it answers with the exit again.
    ///
    /// What is not taken fills the box's window, and then the process's pipe: a slow reader slows the process.
    package func nextEvent() async throws -> BoxProcessEvent {
        let event = try await inbox.next()
        if case .output(let output, let bytes, let offset) = event, !isDetached {
            finished { done in
                switch output {
                case .stdout: done.stdout = offset + UInt64(bytes.readableBytes)
                case .stderr: done.stderr = offset + UInt64(bytes.readableBytes)
                }
            }
        }
        return event
    }

    /// The bytes of a detached process before these offsets are stored elsewhere, and the box may forget them.
    ///
    /// It is told of many bytes together: until then it holds them, and slows the process a little earlier.
    package func acknowledge(stdout: UInt64, stderr: UInt64) {
        finished { done in
            done.stdout = max(done.stdout, stdout)
            done.stderr = max(done.stderr, stderr)
        }
    }

    private func finished(_ advance: (inout OutputOffsets) -> Void) {
        let due = progress.withLockedValue { progress -> OutputOffsets? in
            advance(&progress.done)
            let untold = progress.done.stdout - progress.told.stdout + progress.done.stderr - progress.told.stderr
            guard untold >= Self.acknowledgeEvery else { return nil }
            progress.told = progress.done
            return progress.done
        }
        if let due {
            connection.channel.send(.acknowledge, due, stream: stream)
        }
    }

    /// Everything about a process that has ended is stored elsewhere, and the box may forget it.
    package func release() {
        progress.withLockedValue { $0.isReleased = true }
        connection.channel.unfollow(stream)
        connection.channel.sendLate(.release, EmptyMessage(), stream: stream)
    }
}

// MARK: Control

extension BoxProcess {
    /// Sends a signal to the process and every descendant.
    package func signal(_ number: Int32) async throws {
        try await connection.perform(.signal, SignalMessage(stream: stream, number: number))
    }

    /// Ends the process and every descendant: TERM, then KILL after the grace.
    ///
    /// Returns when none of them lives.
    package func kill(grace: Duration = .zero) async throws {
        try await connection.perform(.kill, KillMessage(stream: stream, graceMilliseconds: grace.wholeMilliseconds))
    }

    package func resize(_ terminal: BoxCommand.Terminal) async throws {
        let size = TerminalSize(rows: terminal.rows, columns: terminal.columns)
        try await connection.perform(.resize, ResizeMessage(stream: stream, size: size))
    }
}

import BoxClient
import Bus
import FoundationEssentials
import Model
import NIOConcurrencyHelpers
import NIOCore
import SwiftProtobuf
import Wire

/// A process that somebody pulls output of: what the keeper has said and nobody has acknowledged.
///
/// The keeper sends no more than a window, so this is bounded.
final class HeldProcess: Sendable {
    private struct Piece {
        var isStderr: Bool
        var offset: UInt64
        var bytes: ByteBuffer

        var end: UInt64 { offset + UInt64(bytes.readableBytes) }
    }

    private struct State {
        var pieces: [Piece] = []
        /// Everything before is acknowledged: stdout, stderr.
        var front: (UInt64, UInt64)
        var exit: BoxExit?
        var failure: Fault?
        var lastUse: ContinuousClock.Instant = .now
        var isLetGo = false
        var isInterrupted = false
    }

    let process: BoxProcess
    private let state: NIOLockedValueBox<State>
    private let news = Signal()

    /// Pulls start at these offsets.
    init(_ process: BoxProcess, stdout: UInt64 = 0, stderr: UInt64 = 0) {
        self.process = process
        state = NIOLockedValueBox(State(front: (stdout, stderr)))
    }

    var hasEnded: Bool { state.withLockedValue { $0.exit != nil } }
    /// Its connection is no more.
    var hasFailed: Bool { state.withLockedValue { $0.failure != nil || $0.isLetGo } }

    func isUnused(since instant: ContinuousClock.Instant) -> Bool { state.withLockedValue { $0.lastUse < instant } }

    /// Takes what the keeper says until the process has ended, or ``letGo()``.
    func follow() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.read() }
            group.addTask {
                while !Task.isCancelled {
                    let seen = self.news.version
                    if self.state.withLockedValue({ $0.isLetGo || $0.failure != nil || $0.exit != nil }) { return }
                    await self.news.changed(since: seen)
                }
            }
            await group.next()
            group.cancelAll()
        }
    }

    /// Nobody has pulled for a while: the keeper alone goes on holding the output.
    func letGo() {
        state.withLockedValue { state in
            state.isLetGo = true
            state.pieces = []
        }
        news.raise()
    }

    /// Whoever waits is answered with what there is.
    func interruptWaits() {
        state.withLockedValue { $0.isInterrupted = true }
        news.raise()
    }

    private func read() async {
        do {
            while true {
                switch try await process.nextEvent() {
                case .output(let stream, let bytes, let offset):
                    let isStderr = stream == .stderr
                    state.withLockedValue { state in
                        guard !state.isLetGo else { return }
                        state.pieces.append(Piece(isStderr: isStderr, offset: offset, bytes: bytes))
                    }
                    news.raise()
                case .exited(let exit):
                    state.withLockedValue { $0.exit = exit }
                    return news.raise()
                }
            }
        } catch let error as BoxError {
            state.withLockedValue { $0.failure = Fault(error) }
        } catch {
            state.withLockedValue { $0.failure = Fault(BoxError(.connectionClosed)) }
        }
        news.raise()
    }
}

extension HeldProcess {
    /// Output from these offsets on; waits for some.
    func pull(stdout: UInt64, stderr: UInt64, limit: Int, wait: Duration) async throws -> WireAgentOutput {
        process.acknowledge(stdout: stdout, stderr: stderr)
        let deadline = ContinuousClock.now + wait
        while true {
            let seen = news.version
            if let output = try take(stdout: stdout, stderr: stderr, limit: limit) { return output }
            let left = deadline - .now
            guard left > .zero else { return WireAgentOutput() }
            await news.changed(since: seen, within: left)
            try Task.checkCancellation()
        }
    }

    /// Nil when there is nothing yet.
    private func take(stdout: UInt64, stderr: UInt64, limit: Int) throws -> WireAgentOutput? {
        try state.withLockedValue { state in
            state.lastUse = .now
            guard stdout >= state.front.0, stderr >= state.front.1 else { throw Fault(BoxError(.outputForgotten)) }
            state.front = (stdout, stderr)
            Self.trim(&state.pieces, stdout: stdout, stderr: stderr)
            var output = WireAgentOutput()
            output.pieces = Self.front(of: state.pieces, limit: limit)
            var (lastOut, lastError) = (stdout, stderr)
            for piece in output.pieces {
                let end = piece.offset + UInt64(piece.bytes.count)
                if piece.isStderr { lastError = end } else { lastOut = end }
            }
            // With the last bytes: whoever pulls may be unable to store all of them, and would never hear of the end.
            if let exit = state.exit, exit.stdoutBytes <= lastOut, exit.stderrBytes <= lastError {
                output.exit = WireAgentExit(exit)
                return output
            }
            if !output.pieces.isEmpty { return output }
            if let failure = state.failure { throw failure }
            if state.isLetGo { throw Fault(BoxError(.connectionClosed)) }
            return state.isInterrupted ? output : nil
        }
    }

    private static func trim(_ pieces: inout [Piece], stdout: UInt64, stderr: UInt64) {
        pieces.removeAll { $0.end <= ($0.isStderr ? stderr : stdout) }
        for index in pieces.indices {
            let wanted = pieces[index].isStderr ? stderr : stdout
            guard pieces[index].offset < wanted else { continue }
            pieces[index].bytes.moveReaderIndex(forwardBy: Int(wanted - pieces[index].offset))
            pieces[index].offset = wanted
        }
    }

    private static func front(of pieces: [Piece], limit: Int) -> [WireAgentOutput.Piece] {
        var taken: [WireAgentOutput.Piece] = []
        var room = limit
        for piece in pieces where room > 0 {
            let count = min(room, piece.bytes.readableBytes)
            let bytes = Data(copying: piece.bytes, upTo: count)
            room -= count
            if let last = taken.last, last.isStderr == piece.isStderr,
                last.offset + UInt64(last.bytes.count) == piece.offset
            {
                taken[taken.count - 1].bytes.append(bytes)
            } else {
                taken.append(
                    .with {
                        $0.isStderr = piece.isStderr
                        $0.offset = piece.offset
                        $0.bytes = bytes
                    }
                )
            }
        }
        return taken
    }
}

extension WireAgentExit {
    init(_ exit: BoxExit) {
        self.init()
        if let code = exit.code { self.code = code }
        if let signal = exit.signal { self.signal = signal }
        timedOut = exit.timedOut
        outputOpen = exit.outputOpen
    }
}

import NIOCore
import ProviderKit
import Wire

/// How far one process has been followed: what was received, what its owner has stored, what waits to be taken.
struct FollowState {
    /// The most that one pull brings, of both streams together.
    static let limit: UInt64 = 262_144

    struct Offsets: Equatable {
        var stdout: UInt64
        var stderr: UInt64

        var total: UInt64 { stdout + stderr }
    }

    private(set) var received: Offsets
    /// Stored by the owner: from here on it is pulled, for a pull says that what lies before may be forgotten.
    private(set) var stored: Offsets
    private(set) var hasEnded = false
    private var events: [ProcessEvent] = []

    init(stdout: UInt64, stderr: UInt64) {
        received = Offsets(stdout: stdout, stderr: stderr)
        stored = received
    }

    /// Whether the far end may be asked for more at all: it sends again what is not stored yet, up to its limit.
    var canPull: Bool { received.total - stored.total < Self.limit }

    var isStored: Bool { received == stored }

    mutating func store(stdout: UInt64, stderr: UInt64) {
        stored.stdout = max(stored.stdout, min(stdout, received.stdout))
        stored.stderr = max(stored.stderr, min(stderr, received.stderr))
    }

    mutating func next() -> ProcessEvent? { events.isEmpty ? nil : events.removeFirst() }

    /// Takes what is new of an answer.
    ///
    /// - Returns: Whether there was no gap.
    mutating func take(_ output: WireAgentOutput) -> Bool {
        for piece in output.pieces {
            guard take(piece) else { return false }
        }
        guard output.hasExit, !hasEnded else { return true }
        hasEnded = true
        events.append(.exited(ProcessExit(output.exit)))
        return true
    }

    private mutating func take(_ piece: WireAgentOutput.Piece) -> Bool {
        let position = piece.isStderr ? received.stderr : received.stdout
        let end = piece.offset + UInt64(piece.bytes.count)
        guard piece.offset <= position else { return false }
        guard end > position else { return true }
        let bytes = ByteBuffer(bytes: piece.bytes.dropFirst(Int(position - piece.offset)))
        if piece.isStderr {
            received.stderr = end
            events.append(.stderr(bytes, offset: position))
        } else {
            received.stdout = end
            events.append(.stdout(bytes, offset: position))
        }
        return true
    }
}

extension ProcessExit {
    init(_ exit: WireAgentExit) {
        self.init(
            code: exit.hasCode ? exit.code : nil,
            signal: exit.hasSignal ? exit.signal : nil,
            timedOut: exit.timedOut,
            outputOpen: exit.outputOpen
        )
    }
}

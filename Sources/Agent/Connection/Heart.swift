import NIOConcurrencyHelpers
import SwiftProtobuf
import Wire

/// Tells the fleet that this run lives: every five seconds, at once after each connect, and when it leaves.
final class Heart: Sendable {
    static let interval = Duration.seconds(5)

    private struct State {
        var line: Line?
        var sequence: UInt64 = 0
        var isLeaving = false
        var reconnectWindow: UInt32 = 0
    }

    private let instance: String
    private let content: @Sendable () -> (load: WireAgentLoad, capabilities: WireAgentCapabilities)
    private let state = NIOLockedValueBox(State())
    private let due = Signal()

    init(
        instance: String,
        content: @escaping @Sendable () -> (load: WireAgentLoad, capabilities: WireAgentCapabilities)
    ) {
        self.instance = instance
        self.content = content
    }

    func use(_ line: Line?) {
        state.withLockedValue { $0.line = line }
        due.raise()
    }

    /// Milliseconds that workers are told; nil leaves it to them.
    func reconnectWindow(is milliseconds: Int64?) {
        // None at all is the shortest.
        state.withLockedValue { $0.reconnectWindow = milliseconds.map { UInt32(clamping: max(1, $0)) } ?? 0 }
    }

    /// Something is worth telling now.
    func beatNow() { due.raise() }

    func run() async {
        while !Task.isCancelled {
            let seen = due.version
            await beat()
            await due.changed(since: seen, within: Self.interval)
        }
    }

    /// The last word; returns when the server has it, or cannot be reached.
    func leave() async {
        state.withLockedValue { $0.isLeaving = true }
        await beat()
        await state.withLockedValue(\.line)?.flushBeats()
    }

    private func beat() async {
        let state = state.withLockedValue { state in
            state.sequence += 1
            return state
        }
        guard let line = state.line, line.isConnected || state.isLeaving else { return }
        var beat = WireAgentBeat()
        beat.instance = instance
        beat.sequence = state.sequence
        beat.leaving = state.isLeaving
        beat.reconnectWindowMs = state.reconnectWindow
        (beat.load, beat.capabilities) = content()
        // A message of numbers and strings always serialises.
        guard let bytes: [UInt8] = try? beat.serializedBytes() else { return }
        _ = await line.beat(bytes)
    }
}

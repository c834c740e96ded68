import NIOConcurrencyHelpers
import NIOCore
import SandfleetClient

/// The last of what a command prints, for an answer in one piece.
final class OutputTail: Sendable {
    private static let limit = 256 << 10

    private struct State {
        var stdout = ByteBuffer()
        var stderr = ByteBuffer()
        var isTruncated = false

        mutating func take(_ bytes: ByteBuffer, _ stream: WritableKeyPath<State, ByteBuffer>) {
            self[keyPath: stream].writeImmutableBuffer(bytes)
            let excess = self[keyPath: stream].readableBytes - OutputTail.limit
            guard excess > 0 else { return }
            isTruncated = true
            self[keyPath: stream].moveReaderIndex(forwardBy: excess)
            self[keyPath: stream].discardReadBytes()
        }
    }

    private let start = ContinuousClock.now
    private let state = NIOLockedValueBox(State())

    func take(_ chunk: OutputChunk) {
        guard let bytes = chunk.bytes else { return }
        state.withLockedValue { $0.take(bytes, chunk.type == .stderr ? \.stderr : \.stdout) }
    }

    func result(_ process: String, _ exit: ProcessExit) -> CommandResult {
        let state = state.withLockedValue { $0 }
        return CommandResult(
            processId: process,
            exit: exit,
            stdout: String(buffer: state.stdout),
            stderr: String(buffer: state.stderr),
            truncated: state.isTruncated,
            durationMs: (ContinuousClock.now - start) / .milliseconds(1)
        )
    }
}

import Glibc
import NIOConcurrencyHelpers

/// Proof that somebody still needs a terminal: they typed not long ago, or what they look at goes on writing.
final class Presence: Sendable {
    /// For how long somebody who typed is taken to be there.
    static let patience = Duration.seconds(15 * 60)

    private struct State {
        var typedAt: ContinuousClock.Instant
        var wrote = false
    }

    private let state: NIOLockedValueBox<State>

    /// Whoever opens the terminal is there.
    init(now: ContinuousClock.Instant = .now) {
        state = NIOLockedValueBox(State(typedAt: now))
    }

    /// Keys came.
    func typed(now: ContinuousClock.Instant = .now) {
        state.withLockedValue { $0.typedAt = now }
    }

    /// Something came to be read.
    func wrote() {
        state.withLockedValue { $0.wrote = true }
    }

    /// Whether there is proof, as of what was written since this was asked last.
    func isProven(now: ContinuousClock.Instant = .now) -> Bool {
        state.withLockedValue { state in
            defer { state.wrote = false }
            return state.wrote || now - state.typedAt < Self.patience
        }
    }

    /// Whether this program has a terminal, which a hang-up takes away.
    static var hasTerminal: Bool {
        [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO].contains { isatty($0) == 1 }
    }
}

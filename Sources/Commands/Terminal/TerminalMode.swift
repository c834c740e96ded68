import Glibc
import NIOConcurrencyHelpers

/// The mode of the terminal that is our input: raw while a program in a sandbox has it, and as it was found before the end.
final class TerminalMode: Sendable {
    static let shared = TerminalMode()

    private struct State {
        var original: termios?
        var isRaw = false
        var hasEnded = false
        var quit: SignalSource?
    }

    private let state = NIOLockedValueBox(State())

    private init() {}

    var isRaw: Bool { state.withLockedValue { $0.isRaw } }

    /// Hands every key on as it is: nothing is echoed, no key makes a signal.
    func makeRaw() throws {
        try state.withLockedValue { state in
            guard !state.isRaw, !state.hasEnded else { return }
            if state.original == nil {
                var found = termios()
                guard tcgetattr(STDIN_FILENO, &found) == 0 else { throw Failure.system("reading the terminal's mode") }
                state.original = found
                // Every `exit`, wherever it is called, passes here.
                atexit { TerminalMode.shared.end() }
                state.quit = SignalSource(SIGQUIT) { Interruption.leave(SIGQUIT) }
            }
            guard var raw = state.original else { return }
            cfmakeraw(&raw)
            guard tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0 else {
                throw Failure.system("changing the terminal's mode")
            }
            state.isRaw = true
        }
    }

    /// Puts the terminal back as it was found.
    func restore() {
        state.withLockedValue { Self.restore(&$0) }
    }

    /// Puts the terminal back for good.
    func end() {
        state.withLockedValue { state in
            Self.restore(&state)
            state.hasEnded = true
        }
    }

    private static func restore(_ state: inout State) {
        guard state.isRaw, var original = state.original else { return }
        // A terminal that is gone needs nothing.
        tcsetattr(STDIN_FILENO, TCSANOW, &original)
        state.isRaw = false
    }
}

import Glibc
import SandfleetClient

/// The window of the terminal that this program runs in.
enum TerminalWindow {
    /// Its size; that of the terminals of old where there is none.
    static var size: TerminalSize {
        for descriptor in [STDOUT_FILENO, STDERR_FILENO, STDIN_FILENO] {
            var window = winsize()
            if ioctl(descriptor, UInt(TIOCGWINSZ), &window) == 0, window.ws_row > 0, window.ws_col > 0 {
                return TerminalSize(rows: Int(window.ws_row), columns: Int(window.ws_col))
            }
        }
        return TerminalSize(rows: 24, columns: 80)
    }

    /// Its size after each change.
    static var changes: AsyncStream<TerminalSize> {
        AsyncStream(bufferingPolicy: .bufferingNewest(1)) { continuation in
            let source = SignalSource(SIGWINCH) { continuation.yield(size) }
            continuation.onTermination = { _ in source.cancel() }
        }
    }
}

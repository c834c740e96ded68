import Glibc
import NIOConcurrencyHelpers

/// How far a transfer is, on one line of the terminal; silent where standard error is none.
final class ProgressBar: Sendable {
    private struct State {
        var shown: ContinuousClock.Instant?
        var done = 0
    }

    private static let width = 30

    private let label: String
    private let total: Int?
    private let isShown: Bool
    private let start = ContinuousClock.now
    private let state = NIOLockedValueBox(State())

    init(_ label: String, total: Int?) {
        self.label = label.printable
        self.total = total
        isShown = isatty(STDERR_FILENO) == 1
    }

    func update(_ done: Int) {
        guard isShown else { return }
        let now = ContinuousClock.now
        let isDue = state.withLockedValue { state in
            state.done = done
            if let shown = state.shown, now - shown < .milliseconds(100) { return false }
            state.shown = now
            return true
        }
        if isDue { show(done) }
    }

    /// Shows the end, and leaves the line.
    func finish() {
        guard isShown else { return }
        let (done, wasShown) = state.withLockedValue { ($0.done, $0.shown != nil) }
        guard wasShown else { return }
        show(done)
        put("\n")
    }

    private func show(_ done: Int) {
        let elapsed = (ContinuousClock.now - start) / .seconds(1)
        let rate = elapsed > 0.2 ? "  \(Quantities.bytes(Int(Double(done) / elapsed)))/s" : ""
        var bar = ""
        if let total, total > 0 {
            let filled = Self.width * min(done, total) / total
            bar =
                "[" + String(repeating: "#", count: filled) + String(repeating: " ", count: Self.width - filled) + "] "
        }
        put("\r\(label)  \(bar)\(Quantities.bytes(done))\(rate)\u{1B}[K")
    }

    private func put(_ text: String) {
        _ = text.withCString { write(STDERR_FILENO, $0, strlen($0)) }
    }
}

import Dispatch
import NIOConcurrencyHelpers
import NIOCore

/// Lets the first appends of foreground processes go when they have been held back for a while: one timer for all.
///
/// A short command has ended by then, and costs one append and no timer of its own.
final class HoldBack: Sendable {
    private struct Held {
        var until: ContinuousClock.Instant
        var pump: ProcessPump
        var process: OwnedProcess
    }

    private struct State {
        /// All are held back equally long, so the first to come is the first to go.
        var held = CircularBuffer<Held>()
        var isTimerSet = false
    }

    private let duration: Duration
    private let queue = DispatchQueue(label: "worker.hold-back")
    private let state = NIOLockedValueBox(State())

    init(for duration: Duration) {
        self.duration = duration
    }

    func hold(_ pump: ProcessPump, of process: OwnedProcess) {
        let setsTimer = state.withLockedValue { state in
            state.held.append(Held(until: .now + duration, pump: pump, process: process))
            defer { state.isTimerSet = true }
            return !state.isTimerSet
        }
        if setsTimer { setTimer(duration) }
    }

    private func setTimer(_ duration: Duration) {
        let nanoseconds = max(0, duration.components.attoseconds / 1_000_000_000)
        queue.asyncAfter(deadline: .now() + .nanoseconds(Int(nanoseconds))) { [weak self] in self?.letGo() }
    }

    private func letGo() {
        let now = ContinuousClock.now
        let (due, next) = state.withLockedValue { state -> ([Held], Duration?) in
            var due: [Held] = []
            while let first = state.held.first, first.until <= now { due.append(state.held.removeFirst()) }
            state.isTimerSet = !state.held.isEmpty
            return (due, state.held.first.map { $0.until - now })
        }
        if let next { setTimer(next) }
        for held in due where held.pump.isHeldBack { held.process.assist { await held.pump.letGo() } }
    }
}

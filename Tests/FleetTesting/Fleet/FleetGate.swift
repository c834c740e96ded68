import NIOConcurrencyHelpers

/// Lets a few fleets of one test process run at a time.
///
/// Each has a broker, a database and several services: more at once than the machine has room for take longer together
/// than one after another, and run into each other's time limits.
final class FleetGate: Sendable {
    static let shared = FleetGate(width: 3)

    private struct State {
        var free: Int
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state: NIOLockedValueBox<State>

    private init(width: Int) {
        state = NIOLockedValueBox(State(free: width))
    }

    /// Waits for a place; whoever has one gives it back by `leave`.
    func enter() async {
        await withCheckedContinuation { continuation in
            let entered = state.withLockedValue { state in
                guard state.free == 0 else {
                    state.free -= 1
                    return true
                }
                state.waiting.append(continuation)
                return false
            }
            if entered { continuation.resume() }
        }
    }

    func leave() {
        let next = state.withLockedValue { state -> CheckedContinuation<Void, Never>? in
            guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
            state.free += 1
            return nil
        }
        next?.resume()
    }
}

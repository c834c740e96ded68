import NIOConcurrencyHelpers

/// Counts what runs, and lets no more in than may.
///
/// Who only waits for output has a place elsewhere: however many follow processes, something can still be done.
final class OperationGate: Sendable {
    private struct State {
        var running = 0
        var waiting = 0
    }

    /// One operation's place.
    final class Place: Sendable {
        private let gate: OperationGate
        private let waits = NIOLockedValueBox(false)

        fileprivate init(_ gate: OperationGate) { self.gate = gate }

        /// From now on it waits for output, and its place is free for another operation.
        func beginWaiting() {
            let moves = gate.state.withLockedValue { state in
                guard state.waiting < OperationGate.maximumWaiting else { return false }
                state.running -= 1
                state.waiting += 1
                return true
            }
            if moves { waits.withLockedValue { $0 = true } }
        }

        /// Once, at the end.
        func leave() {
            let waits = waits.withLockedValue { $0 }
            gate.state.withLockedValue { state in
                if waits { state.waiting -= 1 } else { state.running -= 1 }
            }
        }
    }

    /// More followers than this count as operations again.
    private static let maximumWaiting = 4096

    private let state = NIOLockedValueBox(State())

    /// Operations, without those that wait for output.
    var count: Int { state.withLockedValue(\.running) }

    /// Nil when there are as many as may be.
    func enter(limit: Int) -> Place? {
        let isIn = state.withLockedValue { state in
            guard state.running < limit else { return false }
            state.running += 1
            return true
        }
        return isIn ? Place(self) : nil
    }
}

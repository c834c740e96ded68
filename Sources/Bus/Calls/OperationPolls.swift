import NIOConcurrencyHelpers

/// The polls of one operation that is waited for: they begin late, if at all, and end with the wait.
final class OperationPolls: Sendable {
    private enum State {
        case none
        case running(Task<Void, Never>)
        case over
    }

    private let state = NIOLockedValueBox(State.none)

    /// Begins them, unless nobody waits any more.
    func begin(_ polls: @escaping @Sendable () async -> Void) {
        state.withLockedValue { state in
            guard case .none = state else { return }
            state = .running(Task { await polls() })
        }
    }

    func end() {
        let task = state.withLockedValue { state in
            defer { state = .over }
            return if case .running(let task) = state { task } else { nil as Task<Void, Never>? }
        }
        task?.cancel()
    }
}

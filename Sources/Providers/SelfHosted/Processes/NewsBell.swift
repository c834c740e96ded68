import NIOConcurrencyHelpers

/// Wakes one waiter whenever it is rung; rings that nobody waits for are not kept, what they told of is.
final class NewsBell: Sendable {
    private struct State {
        var waiters: [UInt64: CheckedContinuation<Void, any Error>] = [:]
        var last: UInt64 = 0
    }

    private let state = NIOLockedValueBox(State())

    func ring() {
        let waiters = state.withLockedValue { state in
            defer { state.waiters = [:] }
            return state.waiters.values
        }
        for waiter in waiters { waiter.resume() }
    }

    /// - Throws: `CancellationError`.
    func wait(until isOver: @escaping @Sendable () -> Bool) async throws {
        while !isOver() { try await hear(unless: isOver) }
    }

    /// The same, for some time at the most.
    func wait(within limit: Duration, until isOver: @escaping @Sendable () -> Bool) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.wait(until: isOver) }
            group.addTask { try await Task.sleep(for: limit) }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func hear(unless isOver: @escaping @Sendable () -> Bool) async throws {
        let key = state.withLockedValue { state in
            state.last += 1
            return state.last
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let outcome = state.withLockedValue { state -> Result<Void, any Error>? in
                    if Task.isCancelled { return .failure(CancellationError()) }
                    // Under the lock: a ring after this line finds the waiter.
                    if isOver() { return .success(()) }
                    state.waiters[key] = continuation
                    return nil
                }
                if let outcome { continuation.resume(with: outcome) }
            }
        } onCancel: {
            let waiter = state.withLockedValue { $0.waiters.removeValue(forKey: key) }
            waiter?.resume(throwing: CancellationError())
        }
    }
}

import NIOConcurrencyHelpers

/// A value that comes once; the first to resolve it wins.
final class Promise<Value: Sendable>: Sendable {
    private enum State {
        case pending(waiters: [UInt64: CheckedContinuation<Value, any Error>], next: UInt64)
        case resolved(Result<Value, any Error>)
    }

    private let state = NIOLockedValueBox(State.pending(waiters: [:], next: 0))

    var isResolved: Bool {
        state.withLockedValue {
            if case .resolved = $0 { true } else { false }
        }
    }

    func resolve(_ result: Result<Value, any Error>) {
        let waiters = state.withLockedValue { state -> [CheckedContinuation<Value, any Error>] in
            guard case .pending(let waiters, _) = state else { return [] }
            state = .resolved(result)
            return Array(waiters.values)
        }
        for waiter in waiters {
            waiter.resume(with: result)
        }
    }

    /// Waits for the value; a cancelled wait ends alone and leaves the promise as it is.
    func value() async throws -> Value {
        let id = state.withLockedValue { state -> UInt64 in
            guard case .pending(let waiters, let next) = state else { return 0 }
            state = .pending(waiters: waiters, next: next + 1)
            return next
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let result = state.withLockedValue { state -> Result<Value, any Error>? in
                    switch state {
                    case .resolved(let result): return result
                    case .pending where Task.isCancelled: return .failure(CancellationError())
                    case .pending(var waiters, let next):
                        waiters[id] = continuation
                        state = .pending(waiters: waiters, next: next)
                        return nil
                    }
                }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            let waiter = state.withLockedValue { state -> CheckedContinuation<Value, any Error>? in
                guard case .pending(var waiters, let next) = state else { return nil }
                let waiter = waiters.removeValue(forKey: id)
                state = .pending(waiters: waiters, next: next)
                return waiter
            }
            waiter?.resume(throwing: CancellationError())
        }
    }
}

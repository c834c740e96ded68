import NIOConcurrencyHelpers

/// Waits for a piece of work no longer than a bound.
///
/// A database that is frozen, or behind a cut line, answers nothing, not even a cancellation: its caller goes on without it.
/// The work itself is cancelled and ends whenever it can.
func bounded<Value: Sendable>(
    by limit: Duration,
    _ work: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    let race = Race<Value>()
    // Not children: a child that does not end would keep its parent waiting.
    let working = Task {
        do {
            race.settle(.success(try await work()))
        } catch {
            race.settle(.failure(error))
        }
    }
    let waiting = Task {
        guard (try? await Task.sleep(for: limit)) != nil else { return }
        race.settle(.failure(StoreError(.outcomeUnknown, "no answer from the database within \(limit)")))
    }
    defer {
        waiting.cancel()
        working.cancel()
    }
    return try await withTaskCancellationHandler {
        try await withCheckedThrowingContinuation { race.wait($0) }
    } onCancel: {
        race.settle(.failure(CancellationError()))
    }
}

/// One result, for one waiter; the first wins.
private final class Race<Value: Sendable>: Sendable {
    private struct Shared {
        var outcome: Result<Value, any Error>?
        var waiter: CheckedContinuation<Value, any Error>?
    }

    private let shared = NIOLockedValueBox(Shared())

    func settle(_ outcome: Result<Value, any Error>) {
        let waiter = shared.withLockedValue { shared -> CheckedContinuation<Value, any Error>? in
            guard shared.outcome == nil else { return nil }
            shared.outcome = outcome
            return shared.waiter
        }
        waiter?.resume(with: outcome)
    }

    func wait(_ continuation: CheckedContinuation<Value, any Error>) {
        let outcome = shared.withLockedValue { shared in
            if shared.outcome == nil { shared.waiter = continuation }
            return shared.outcome
        }
        if let outcome { continuation.resume(with: outcome) }
    }
}

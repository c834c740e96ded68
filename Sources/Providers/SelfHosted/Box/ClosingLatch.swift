import NIOConcurrencyHelpers

/// Closes once, for a reason; everybody who waits, or comes later, learns it.
final class ClosingLatch: Sendable {
    private struct State {
        var reason: SelfHostedFailure?
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = NIOLockedValueBox(State())

    var reason: SelfHostedFailure? { state.withLockedValue { $0.reason } }

    func close(_ reason: SelfHostedFailure) {
        let waiters = state.withLockedValue { state in
            state.reason = state.reason ?? reason
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    func wait() async {
        await withCheckedContinuation { continuation in
            let isClosed = state.withLockedValue { state in
                if state.reason == nil { state.waiters.append(continuation) }
                return state.reason != nil
            }
            if isClosed { continuation.resume() }
        }
    }
}

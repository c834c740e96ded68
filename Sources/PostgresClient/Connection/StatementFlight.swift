import Dispatch
import NIOConcurrencyHelpers

/// Which statement of a connection is on its way, and the means to cancel it and no other.
final class StatementFlight: Sendable {
    private struct State {
        var lastTicket: UInt64 = 0
        var current: UInt64?
        var condition = SessionCondition.ready
        /// A request to cancel the current statement is on its way; nothing else may begin, or it would be hit.
        var isCancelling = false
        /// What waits for that.
        var afterCancel: (@Sendable () -> Void)?
    }

    /// `PQcancel` connects to the server and may block; several at once must not wait for one another.
    private static let queue = DispatchQueue(label: "postgres.cancel", attributes: .concurrent)

    private let state = NIOLockedValueBox(State())
    private let request: CancelRequest?

    init(_ session: ServerSession) {
        request = CancelRequest(session)
    }

    /// As of the end of the last statement.
    var condition: SessionCondition {
        state.withLockedValue { $0.condition }
    }

    func makeTicket() -> UInt64 {
        state.withLockedValue { state in
            state.lastTicket += 1
            return state.lastTicket
        }
    }

    func begin(_ ticket: UInt64) {
        state.withLockedValue { $0.current = ticket }
    }

    /// Ends the statement; waits for a request to cancel it that is on its way.
    func end(_ condition: SessionCondition) {
        let isQuiet = DispatchSemaphore(value: 0)
        end(condition) { isQuiet.signal() }
        isQuiet.wait()
    }

    /// Ends the statement, and goes on once no request to cancel it is on its way: at once, or on another thread.
    func end(_ condition: SessionCondition, then goOn: @escaping @Sendable () -> Void) {
        let goesOn = state.withLockedValue { state in
            state.current = nil
            state.condition = condition
            if state.isCancelling { state.afterCancel = goOn }
            return !state.isCancelling
        }
        if goesOn { goOn() }
    }

    func cancel(_ ticket: UInt64) {
        Self.queue.async { self.send(ticket, again: .milliseconds(20)) }
    }

    /// Asks until the statement has ended, since a request that overtakes its statement has no effect.
    private func send(_ ticket: UInt64, again delay: DispatchTimeInterval) {
        let isInFlight = state.withLockedValue { state in
            guard state.current == ticket, !state.isCancelling else { return false }
            state.isCancelling = true
            return true
        }
        guard isInFlight else { return }
        // Not under the lock: it connects to the server, and that may take its time.
        request?.send()
        let waiting = state.withLockedValue { state in
            state.isCancelling = false
            defer { state.afterCancel = nil }
            return state.afterCancel
        }
        waiting?()
        Self.queue.asyncAfter(deadline: .now() + delay) { self.send(ticket, again: .milliseconds(500)) }
    }
}

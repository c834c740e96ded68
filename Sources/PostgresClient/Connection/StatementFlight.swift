import Dispatch
import NIOConcurrencyHelpers

/// Which statement of a connection is on its way, and the means to cancel it and no other.
final class StatementFlight: Sendable {
    private struct State {
        var lastTicket: UInt64 = 0
        var current: UInt64?
        var condition = SessionCondition.ready
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

    func end(_ condition: SessionCondition) {
        state.withLockedValue { state in
            state.current = nil
            state.condition = condition
        }
    }

    func cancel(_ ticket: UInt64) {
        Self.queue.async { self.send(ticket, again: .milliseconds(20)) }
    }

    /// Asks until the statement has ended, since a request that overtakes its statement has no effect.
    private func send(_ ticket: UInt64, again delay: DispatchTimeInterval) {
        let wasInFlight = state.withLockedValue { state in
            guard state.current == ticket else { return false }
            // Under the lock, so that the next statement cannot begin and be hit instead.
            request?.send()
            return true
        }
        guard wasInFlight else { return }
        Self.queue.asyncAfter(deadline: .now() + delay) { self.send(ticket, again: .milliseconds(500)) }
    }
}

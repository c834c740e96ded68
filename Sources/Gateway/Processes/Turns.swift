import Model
import NIOConcurrencyHelpers

/// Lets those who change the same thing in this process take turns, in the order in which they came.
final class Turns<Key: Hashable & Sendable>: Sendable {
    private typealias Waiter = (ticket: UInt64, continuation: CheckedContinuation<Bool, Never>)

    private enum Entry {
        case free
        case full
        case wait(UInt64)
    }

    private struct State {
        /// A key that somebody has; those who wait for it.
        var queues: [Key: [Waiter]] = [:]
        var lastTicket: UInt64 = 0
    }

    /// The most that wait for one key.
    private let limit: Int
    private let state = NIOLockedValueBox(State())

    init(limit: Int = 256) {
        self.limit = limit
    }

    /// - Throws: `overloaded` when too many wait already, and `CancellationError`.
    func take<Value>(_ key: Key, _ body: () async throws -> Value) async throws -> Value {
        try await acquire(key)
        defer { release(key) }
        return try await body()
    }

    private func acquire(_ key: Key) async throws {
        let entry = state.withLockedValue { state -> Entry in
            guard let queue = state.queues[key] else {
                state.queues[key] = []
                return .free
            }
            guard queue.count < limit else { return .full }
            state.lastTicket += 1
            return .wait(state.lastTicket)
        }
        switch entry {
        case .free: return
        case .full:
            throw Fault(
                .overloaded,
                "Too many requests wait to change this.",
                hint: "Send one at a time.",
                retryAfter: 1
            )
        case .wait(let ticket): guard await turn(key, ticket) else { throw CancellationError() }
        }
    }

    /// Whether the turn came; false when the task was cancelled before.
    private func turn(_ key: Key, _ ticket: UInt64) async -> Bool {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let outcome: Bool? = state.withLockedValue { state in
                    // Under the lock: a cancellation after this line finds the waiter.
                    if Task.isCancelled { return false }
                    guard state.queues[key] != nil else {
                        // Whoever had it has gone meanwhile.
                        state.queues[key] = []
                        return true
                    }
                    state.queues[key]?.append((ticket, continuation))
                    return nil
                }
                if let outcome { continuation.resume(returning: outcome) }
            }
        } onCancel: {
            let waiter = state.withLockedValue { state -> Waiter? in
                guard let index = state.queues[key]?.firstIndex(where: { $0.ticket == ticket }) else { return nil }
                return state.queues[key]?.remove(at: index)
            }
            waiter?.continuation.resume(returning: false)
        }
    }

    private func release(_ key: Key) {
        let next = state.withLockedValue { state -> Waiter? in
            guard var queue = state.queues[key], !queue.isEmpty else {
                state.queues[key] = nil
                return nil
            }
            let next = queue.removeFirst()
            state.queues[key] = queue
            return next
        }
        next?.continuation.resume(returning: true)
    }
}

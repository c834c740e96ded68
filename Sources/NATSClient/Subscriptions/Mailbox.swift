import NIOConcurrencyHelpers
import NIOCore

/// A queue between a callback that must not block and a task that reads.
///
/// With a limit it drops the oldest.
final class Mailbox<Element: Sendable>: Sendable {
    private typealias Waiter = (id: UInt64, continuation: CheckedContinuation<Element?, Never>)

    private struct State {
        var elements = CircularBuffer<Element>()
        var waiters = CircularBuffer<Waiter>()
        var lastID: UInt64 = 0
        var dropped = 0
        var isFinished = false
    }

    private let limit: Int?
    private let state = NIOLockedValueBox(State())

    init(limit: Int? = nil) {
        self.limit = limit
    }

    var count: Int { state.withLockedValue { $0.elements.count } }
    var droppedCount: Int { state.withLockedValue { $0.dropped } }

    func send(_ element: Element) {
        let waiter = state.withLockedValue { state -> Waiter? in
            if state.isFinished { return nil }
            if let waiter = state.waiters.popFirst() { return waiter }
            if let limit, state.elements.count >= limit {
                state.elements.removeFirst()
                state.dropped += 1
            }
            state.elements.append(element)
            return nil
        }
        waiter?.continuation.resume(returning: element)
    }

    /// No more elements; those that wait can still be read.
    func finish() {
        let waiters = state.withLockedValue { state in
            state.isFinished = true
            defer { state.waiters.removeAll() }
            return Array(state.waiters)
        }
        for waiter in waiters { waiter.continuation.resume(returning: nil) }
    }

    /// The next element; nil when finished and empty, or when the task is cancelled.
    func next() async -> Element? {
        let id = state.withLockedValue { state in
            state.lastID += 1
            return state.lastID
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let outcome = state.withLockedValue { state -> Element?? in
                    // Under the lock: a cancellation after this line finds the waiter.
                    if Task.isCancelled { return .some(nil) }
                    if let element = state.elements.popFirst() { return element }
                    if state.isFinished { return .some(nil) }
                    state.waiters.append((id, continuation))
                    return .none
                }
                if let outcome { continuation.resume(returning: outcome) }
            }
        } onCancel: {
            let waiter = state.withLockedValue { state -> Waiter? in
                guard let index = state.waiters.firstIndex(where: { $0.id == id }) else { return nil }
                return state.waiters.remove(at: index)
            }
            waiter?.continuation.resume(returning: nil)
        }
    }
}

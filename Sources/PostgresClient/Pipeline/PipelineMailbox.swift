import Dispatch
import NIOConcurrencyHelpers

/// Where callers leave requests and the pipeline's thread takes them in batches.
final class PipelineMailbox: Sendable {
    /// A longer batch would hold its row locks, and its first caller, for longer.
    static let batchLimit = 128

    private struct State {
        var requests: [PipelineRequest] = []
        var isThreadAsleep = false
        var isClosed = false
    }

    private let state = NIOLockedValueBox(State())
    private let wakeup = DispatchSemaphore(value: 0)

    /// Whether the mailbox is open.
    func append(_ request: PipelineRequest) -> Bool {
        let (isOpen, mustWake) = state.withLockedValue { state in
            guard !state.isClosed else { return (false, false) }
            state.requests.append(request)
            defer { state.isThreadAsleep = false }
            return (true, state.isThreadAsleep)
        }
        if mustWake { wakeup.signal() }
        return isOpen
    }

    /// Blocks until there is something to send; nil once closed.
    func take() -> [PipelineRequest]? {
        while true {
            let batch = state.withLockedValue { state -> [PipelineRequest]? in
                guard !state.requests.isEmpty else {
                    state.isThreadAsleep = !state.isClosed
                    return state.isClosed ? [] : nil
                }
                let batch = Array(state.requests.prefix(Self.batchLimit))
                state.requests.removeFirst(batch.count)
                return batch
            }
            guard let batch else {
                wakeup.wait()
                continue
            }
            if batch.isEmpty { return nil }
            // A resolved request was cancelled before it was sent.
            let live = batch.filter { !$0.promise.isResolved }
            if !live.isEmpty { return live }
        }
    }

    /// Gives the requests that nobody will take.
    func close() -> [PipelineRequest] {
        let (requests, mustWake) = state.withLockedValue { state in
            state.isClosed = true
            defer {
                state.requests = []
                state.isThreadAsleep = false
            }
            return (state.requests, state.isThreadAsleep)
        }
        if mustWake { wakeup.signal() }
        return requests
    }
}

import Dispatch
import NIOConcurrencyHelpers

/// The requests of one connection that await an answer.
///
/// Reply, deadline, cancellation, failed publish and close race for an entry; whoever takes it out resumes it, outside
/// the lock. One timer serves all deadlines: it is set for the earliest and set again only for an earlier one.
final class RequestTable: Sendable {
    typealias Continuation = CheckedContinuation<NATSMessage, any Error>

    struct Entry {
        let subject: String
        let continuation: Continuation
        let endsWithConnection: Bool
        var silence: RequestSilence?
    }

    private struct State {
        var entries: [UInt64: Entry] = [:]
        var deadlines = DeadlineHeap()
        var lastID: UInt64 = 0
        var timerSetFor: ContinuousClock.Instant?
        var isClosed = false
        /// Bytes of requests since the last answer to any of them.
        var unheardBytes = 0
    }

    /// What became of a request that was to be entered.
    enum Registration {
        case refused
        case entered
        /// So much was written without an answer to anything that the next write may block.
        case enteredWhileSilent
    }

    /// Less than what fits into the socket's buffers when the server reads nothing.
    private static let unheardLimit = 512 * 1024

    private let state = NIOLockedValueBox(State())
    private let timerQueue = DispatchQueue(label: "nats.requests")

    var count: Int { state.withLockedValue { $0.entries.count } }

    func nextID() -> UInt64 {
        state.withLockedValue {
            $0.lastID += 1
            return $0.lastID
        }
    }

    /// Enters a request, unless the task is already cancelled or the table closed; then it is resumed at once.
    func register(
        _ id: UInt64,
        _ entry: Entry,
        bytes: Int,
        deadline: ContinuousClock.Instant
    ) -> Registration {
        var refusal: (any Error)?
        var isSilent = false
        var timer: ContinuousClock.Instant?
        state.withLockedValue { state in
            // Under the lock: a cancellation after this line finds the entry.
            if Task.isCancelled {
                refusal = CancellationError()
            } else if state.isClosed {
                refusal = NATSError(.closed, "request")
            } else {
                state.entries[id] = entry
                timer = Self.schedule(DeadlineHeap.Entry(deadline: deadline, id: id), &state)
                if let silence = entry.silence {
                    let moment = ContinuousClock.now.advanced(by: silence.after)
                    let look = DeadlineHeap.Entry(deadline: moment, id: id, isSilence: true)
                    timer = Self.schedule(look, &state) ?? timer
                }
                state.unheardBytes += bytes
                isSilent = state.unheardBytes > Self.unheardLimit
            }
        }
        if let timer { setTimer(for: timer) }
        if let refusal {
            entry.continuation.resume(throwing: refusal)
            return .refused
        }
        return isSilent ? .enteredWhileSilent : .entered
    }

    /// Resumes the request if nobody has before; the result is made only then.
    func complete(_ id: UInt64, _ result: () -> Result<NATSMessage, any Error>) {
        let entry = state.withLockedValue { $0.entries.removeValue(forKey: id) }
        entry?.continuation.resume(with: result())
    }

    /// Resumes the request that was answered: the server reads what is written.
    func answer(_ id: UInt64, _ result: () -> Result<NATSMessage, any Error>) {
        let entry = state.withLockedValue { state in
            state.unheardBytes = 0
            return state.entries.removeValue(forKey: id)
        }
        entry?.continuation.resume(with: result())
    }

    /// Whether nobody has given the request up.
    func awaits(_ id: UInt64) -> Bool { state.withLockedValue { $0.entries[id] != nil } }

    /// The connection broke.
    ///
    /// Requests go on waiting, since an answer may come over the next one, but for those that ask to know at once.
    func disconnected() {
        let ended = state.withLockedValue { state in
            state.unheardBytes = 0
            let ids = state.entries.filter { $0.value.endsWithConnection }.keys
            return ids.compactMap { state.entries.removeValue(forKey: $0) }
        }
        for entry in ended { entry.continuation.resume(throwing: NATSError(.interrupted, "request")) }
    }

    /// Fails the requests that the server refused to let through.
    func fail(subject: String, _ error: NATSError) {
        let refused = state.withLockedValue { state in
            let ids = state.entries.filter { $0.value.subject == subject }.keys
            return ids.compactMap { state.entries.removeValue(forKey: $0) }
        }
        for entry in refused { entry.continuation.resume(throwing: error) }
    }

    func close() {
        let entries = state.withLockedValue { state in
            state.isClosed = true
            defer {
                state.entries = [:]
                state.deadlines = DeadlineHeap()
            }
            return Array(state.entries.values)
        }
        for entry in entries { entry.continuation.resume(throwing: NATSError(.closed, "request")) }
    }

    /// Returns the instant that the timer has to be set for, if it is not set for one as early.
    private static func schedule(_ entry: DeadlineHeap.Entry, _ state: inout State) -> ContinuousClock.Instant? {
        state.deadlines.push(entry)
        if state.deadlines.count > 4 * state.entries.count + 64 {
            let entries = state.entries
            state.deadlines.keep { entries[$0] != nil }
        }
        if let current = state.timerSetFor, current <= entry.deadline { return nil }
        state.timerSetFor = entry.deadline
        return entry.deadline
    }

    private func setTimer(for deadline: ContinuousClock.Instant) {
        let wait = max(0, (deadline - .now).nanoseconds)
        timerQueue.asyncAfter(deadline: .now() + .nanoseconds(Int(wait))) { [weak self] in
            self?.expire(timerSetFor: deadline)
        }
    }

    private func expire(timerSetFor deadline: ContinuousClock.Instant) {
        let now = ContinuousClock.now
        var expired: [Entry] = []
        var silent: [(RequestSilence, UInt64)] = []
        let next = state.withLockedValue { state -> ContinuousClock.Instant? in
            // A timer that an earlier deadline has superseded sets no successor, or timers would multiply.
            guard state.timerSetFor == deadline else { return nil }
            while let earliest = state.deadlines.earliest {
                let entry = state.entries[earliest.id]
                if entry != nil, earliest.deadline > now { break }
                state.deadlines.popEarliest()
                guard let entry else { continue }
                if !earliest.isSilence {
                    state.entries[earliest.id] = nil
                    expired.append(entry)
                } else if let silence = entry.silence {
                    silent.append((silence, earliest.id))
                }
            }
            state.timerSetFor = state.deadlines.earliest?.deadline
            return state.timerSetFor
        }
        if let next { setTimer(for: next) }
        for (silence, id) in silent { silence.begin(PendingRequest(table: self, id: id)) }
        for entry in expired { entry.continuation.resume(throwing: NATSError(.timeout, "request")) }
    }
}

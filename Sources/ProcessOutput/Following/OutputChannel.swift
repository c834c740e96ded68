import NIOConcurrencyHelpers
import NIOCore

/// The live end of one process's record: the newest batches in a ring, and those who wait for the next.
final class OutputChannel: Sendable {
    enum Offer: Sendable {
        case batch(StoredBatch)
        /// What is wanted is older than the ring, or the channel has ended: the follower reads by itself.
        case elsewhere
        /// Nothing came in time.
        case nothing
    }

    private struct Waiter {
        let deadline: ContinuousClock.Instant
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var ring = CircularBuffer<StoredBatch>()
        var ringBytes = 0
        /// The last chunk that has come.
        var head: UInt64?
        var isRetired = false
        var waiters: [Int: Waiter] = [:]
    }

    let subject: String
    /// Messages from here on come.
    let streamStart: UInt64
    private let state = NIOLockedValueBox(State())
    private let stop: AsyncStream<Never>
    private let stopContinuation: AsyncStream<Never>.Continuation

    init(subject: String, streamStart: UInt64) {
        self.subject = subject
        self.streamStart = streamStart
        (stop, stopContinuation) = AsyncStream.makeStream(of: Never.self)
    }

    /// Returns when the channel is retired.
    func retired() async {
        for await _ in stop {}
    }

    /// Takes the next batch, drops the oldest beyond the limit, and wakes everybody.
    func add(_ stored: StoredBatch, limit: Int) {
        let woken = state.withLockedValue { state -> [Waiter] in
            guard !state.isRetired else { return [] }
            if let head = state.head {
                guard stored.batch.lastSequence > head else { return [] }
                if stored.batch.firstSequence != head + 1 {
                    // Some have expired before they came: whoever wants them has to look for them.
                    state.ring.removeAll()
                    state.ringBytes = 0
                }
            }
            state.head = stored.batch.lastSequence
            state.ring.append(stored)
            state.ringBytes += stored.memory
            while state.ringBytes > limit, state.ring.count > 1 { state.ringBytes -= state.ring.removeFirst().memory }
            defer { state.waiters.removeAll(keepingCapacity: true) }
            return Array(state.waiters.values)
        }
        for waiter in woken { waiter.continuation.resume() }
    }

    /// Nothing more comes, and nothing is kept.
    func retire() {
        let woken = state.withLockedValue { state in
            state.isRetired = true
            state.ring.removeAll()
            state.ringBytes = 0
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        stopContinuation.finish()
        for waiter in woken { waiter.continuation.resume() }
    }

    /// Ends the waits whose time is over.
    func expire(at now: ContinuousClock.Instant) {
        let expired = state.withLockedValue { state -> [Waiter] in
            let ids = state.waiters.filter { $0.value.deadline <= now }.keys
            return ids.compactMap { state.waiters.removeValue(forKey: $0) }
        }
        for waiter in expired { waiter.continuation.resume() }
    }

    /// Ends one follower's wait.
    func wake(_ follower: Int) {
        let waiter = state.withLockedValue { $0.waiters.removeValue(forKey: follower) }
        waiter?.continuation.resume()
    }

    /// The batch that holds a chunk, as soon as it is there.
    ///
    /// - Parameters:
    ///   - sequence: Of the chunk.
    ///   - after: The newest message in the stream that the follower has seen.
    ///   - isOver: Whether the follower has been closed; who closes it wakes it.
    func take(
        _ sequence: UInt64,
        after: UInt64,
        for follower: Int,
        until deadline: ContinuousClock.Instant,
        isOver: () -> Bool = { false }
    ) async -> Offer {
        while true {
            if let offer = state.withLockedValue({ offer(sequence, after, &$0) }) { return offer }
            guard deadline > .now, !Task.isCancelled, !isOver() else { return .nothing }
            await wait(sequence, after, follower, deadline, isOver)
        }
    }

    private func wait(
        _ sequence: UInt64,
        _ after: UInt64,
        _ follower: Int,
        _ deadline: ContinuousClock.Instant,
        _ isOver: () -> Bool
    ) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let waits = state.withLockedValue { state in
                    // Under the lock: a cancellation, a batch or a close after this line finds the waiter.
                    guard !Task.isCancelled, !isOver(), offer(sequence, after, &state) == nil else { return false }
                    state.waiters[follower] = Waiter(deadline: deadline, continuation: continuation)
                    return true
                }
                if !waits { continuation.resume() }
            }
        } onCancel: {
            wake(follower)
        }
    }

    /// Nil when it has to be waited for.
    private func offer(_ sequence: UInt64, _ after: UInt64, _ state: inout State) -> Offer? {
        if state.isRetired { return .elsewhere }
        // The consumer began after messages that this follower has not seen.
        guard let head = state.head else { return after + 1 < streamStart ? .elsewhere : nil }
        guard head >= sequence else {
            // Beyond the end: whoever waits there is told that it has come.
            return state.ring.last.flatMap { $0.batch.position.hasEnded ? .batch($0) : nil }
        }
        let ring = state.ring
        var low = 0
        var high = ring.count
        while low < high {
            let middle = (low + high) / 2
            if ring[offset: middle].batch.lastSequence < sequence { low = middle + 1 } else { high = middle }
        }
        guard low < ring.count, ring[offset: low].batch.firstSequence <= sequence else { return .elsewhere }
        return .batch(ring[offset: low])
    }
}

extension StoredBatch {
    /// What it holds in memory, roughly.
    var memory: Int { batch.encodedLength + 256 + 64 * batch.chunks.count }
}

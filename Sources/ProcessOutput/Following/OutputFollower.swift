import NIOConcurrencyHelpers

/// One reader of a running process's output: whole batches in order, without holes, then the end.
///
/// One task at a time asks for the next event.
package actor OutputFollower {
    package enum Event: Sendable, Hashable {
        case batch(ChunkBatch)
        /// Nothing came for as long as was waited.
        case idle
        /// The record has ended, and everything of it was given out.
        case end
    }

    private enum Mode {
        case reading(OutputCursor)
        case following(OutputChannel)
        case ended
    }

    /// What `close()` needs without waiting its turn.
    private struct Membership {
        var channel: OutputChannel?
        var isClosed = false
    }

    private static let retryPause = Duration.milliseconds(100)

    private let hub: OutputHub
    private let id: Int
    private let subject: String
    private let reader: OutputReader
    private let membership = NIOLockedValueBox(Membership())
    private var mode: Mode
    /// A batch that was read before it was asked for.
    private var held: Event?
    /// The chunk that has to come next.
    private var sequence: UInt64
    private var streamSequence: UInt64 = 0
    /// The last pass over the stream gave nothing, and neither did the ring.
    private var isRepeated = false

    init(hub: OutputHub, id: Int, subject: String, from sequence: UInt64, reader: OutputReader) {
        self.hub = hub
        self.id = id
        self.subject = subject
        self.sequence = sequence
        mode = .reading(OutputCursor(reader, from: .sequence(sequence)))
        // Later, each failure is a moment to see whether the caller's time is over.
        self.reader = reader.withoutPatience
    }

    deinit {
        close()
    }

    /// Ends it; whoever waits in `next` gets a `CancellationError`.
    package nonisolated func close() {
        let channel = membership.withLockedValue { membership in
            membership.isClosed = true
            defer { membership.channel = nil }
            return membership.channel
        }
        guard let channel else { return }
        channel.wake(id)
        hub.leave(channel)
    }

    /// The next event; `.idle` when nothing has come for so long.
    ///
    /// Throws `OutputError.expired` when it was so slow that what comes next is kept nowhere any more. A broker that does
    /// not answer is no error: nothing comes from it.
    package func next(within wait: Duration) async throws -> Event {
        let deadline = ContinuousClock.now + wait
        while true {
            // Joining may have read one too.
            if let event = held {
                held = nil
                return event
            }
            try check()
            switch mode {
            case .ended:
                return .end
            case .following(let channel):
                let offer = await channel.take(
                    sequence,
                    after: streamSequence,
                    for: id,
                    until: deadline,
                    isOver: { [membership] in membership.withLockedValue { $0.isClosed } }
                )
                switch offer {
                case .batch(let stored):
                    if let event = accept(stored) { return event }
                case .elsewhere:
                    leave()
                case .nothing:
                    try check()
                    return .idle
                }
            case .reading(let cursor):
                do {
                    if let stored = try await cursor.next() {
                        if let event = accept(stored) { return event }
                    } else {
                        try await join(cursor)
                    }
                } catch OutputError.unavailable {
                    mode = .reading(OutputCursor(reader, from: .sequence(sequence), after: streamSequence))
                    guard deadline > .now else { return .idle }
                    try await Task.sleep(for: Self.retryPause)
                }
            }
        }
    }

    /// Reads the first batch, so that a start that has expired is told at once.
    func begin() async throws {
        guard case .reading(let cursor) = mode else { return }
        while held == nil, let stored = try await cursor.next() { held = accept(stored) }
    }
}

extension OutputFollower {
    /// Takes a batch that comes next; nil for one that was given out before.
    private func accept(_ stored: StoredBatch) -> Event? {
        let batch = stored.batch
        streamSequence = max(streamSequence, stored.streamSequence)
        isRepeated = false
        if batch.position.hasEnded {
            leave()
            mode = .ended
        }
        guard batch.lastSequence >= sequence else { return batch.position.hasEnded ? .end : nil }
        sequence = batch.lastSequence + 1
        return .batch(batch)
    }

    /// Goes from the stream, which has nothing more at the moment, to the ring.
    private func join(_ cursor: OutputCursor) async throws {
        streamSequence = max(streamSequence, cursor.streamSequence)
        if isRepeated { try await Task.sleep(for: Self.retryPause) }
        isRepeated = true
        if streamSequence == 0 {
            // Nothing is stored yet. What is stored before this answer is found by one more look, what is stored later
            // comes to a consumer that begins after it.
            let end = try await reader.record.end()
            let again = OutputCursor(reader, from: .sequence(sequence))
            if let stored = try await again.next() {
                mode = .reading(again)
                held = accept(stored)
                return
            }
            streamSequence = max(end, again.streamSequence)
        }
        let channel = try hub.join(subject, after: streamSequence)
        let isClosed = membership.withLockedValue { membership in
            if !membership.isClosed { membership.channel = channel }
            return membership.isClosed
        }
        if isClosed { hub.leave(channel) } else { mode = .following(channel) }
    }

    /// Goes back to reading from the stream.
    private func leave() {
        let channel = membership.withLockedValue { membership in
            defer { membership.channel = nil }
            return membership.channel
        }
        if let channel { hub.leave(channel) }
        mode = .reading(OutputCursor(reader, from: .sequence(sequence), after: streamSequence))
    }

    private func check() throws {
        if Task.isCancelled || membership.withLockedValue({ $0.isClosed }) { throw CancellationError() }
    }
}

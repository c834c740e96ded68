import NIOCore

/// What is known of an upgraded connection, and what follows from each event.
///
/// Pure: the caller carries out the effects, outside its lock.
struct UpgradeState {
    typealias HeadWaiter = CheckedContinuation<ResponseHead, any Error>
    typealias ReadWaiter = CheckedContinuation<ByteBuffer?, any Error>
    typealias RoomWaiter = CheckedContinuation<Void, any Error>

    struct Effects {
        var head: (waiter: HeadWaiter, result: Result<ResponseHead, any Error>)?
        var read: (waiter: ReadWaiter, result: Result<ByteBuffer?, any Error>)?
        var room: [(waiter: RoomWaiter, result: Result<Void, any Error>)] = []
        /// The loop has to look at the connection.
        var attends = false
        /// The loop has to let go of it.
        var drops = false
    }

    private struct Writer {
        let id: UInt64
        /// Waits until no more than this is queued.
        let level: Int
        let waiter: RoomWaiter
    }

    /// How much may go before others without waiting for room.
    private static let urgentLimit = 16 << 10

    private let limit: Int
    private var headWaiter: HeadWaiter?
    private var readWaiter: ReadWaiter?
    private var writers: [Writer] = []
    private var inbound = ByteBuffer()
    /// What is being sent: it stays, for TLS wants the same bytes again after "not now".
    private var sending: ByteBuffer?
    /// Goes before what waits, and never into the middle of a piece.
    private var urgent = CircularBuffer<ByteBuffer>()
    private var outbound = CircularBuffer<ByteBuffer>()
    private var queued = 0
    private var queuedUrgent = 0
    private var peerHasFinished = false
    /// Nothing more is queued.
    private var isFinishing = false
    /// Once all is sent, the peer is told that nothing more comes.
    private var endsDirection = false
    private var failure: (any Error)?
    private var isAttended = false
    private(set) var wasSent = false

    init(limit: Int) {
        self.limit = limit
    }

    var hasEnded: Bool { failure != nil }

    /// Whoever writes now waits for room.
    var isFull: Bool { queued > limit }

    // What callers do.

    mutating func begin(_ waiter: HeadWaiter) -> Effects {
        if let failure { return Effects(head: (waiter, .failure(failure))) }
        headWaiter = waiter
        return Effects()
    }

    mutating func read(_ waiter: ReadWaiter, isCancelled: Bool) -> Effects {
        if inbound.readableBytes > 0 {
            let wasFull = inbound.readableBytes >= limit
            let chunk = inbound
            inbound = ByteBuffer()
            return Effects(read: (waiter, .success(chunk)), attends: wasFull && attend())
        }
        if peerHasFinished { return Effects(read: (waiter, .success(nil))) }
        if let failure { return Effects(read: (waiter, .failure(failure))) }
        if isCancelled { return Effects(read: (waiter, .failure(Self.cancelled))) }
        guard readWaiter == nil else {
            return Effects(read: (waiter, .failure(Self.error(.internal, "two tasks read one stream"))))
        }
        readWaiter = waiter
        return Effects()
    }

    mutating func cancelRead() -> Effects {
        guard let waiter = readWaiter else { return Effects() }
        readWaiter = nil
        return Effects(read: (waiter, .failure(Self.cancelled)))
    }

    enum Wish {
        /// Queue these pieces, one behind the other, and wait for room.
        case write([ByteBuffer])
        /// Send this before everything that waits. Only who does so much of it that nobody takes waits for room.
        case urge(ByteBuffer)
        /// Send this, and nothing more: what waits is dropped.
        case finish(ByteBuffer)
        /// Wait until nothing is queued.
        case flush
        /// Wait until the connection is over.
        case end
    }

    mutating func wait(_ wish: Wish, _ waiter: RoomWaiter, id: UInt64, isCancelled: Bool) -> Effects {
        if let failure { return Effects(room: [(waiter, .failure(failure))]) }
        if isCancelled { return Effects(room: [(waiter, .failure(Self.cancelled))]) }
        var effects = Effects()
        let level: Int
        switch wish {
        case .flush: level = 0
        case .end: level = -1
        case .write, .urge, .finish:
            guard !isFinishing else {
                let error = Self.error(.invalidRequest, "this side of the stream has ended")
                return Effects(room: [(waiter, .failure(error))])
            }
            level = enqueue(wish)
            effects.attends = attend()
        }
        if queued <= level {
            effects.room.append((waiter, .success(())))
        } else {
            writers.append(Writer(id: id, level: level, waiter: waiter))
        }
        return effects
    }

    mutating func cancelWrite(_ id: UInt64) -> Effects {
        guard let index = writers.firstIndex(where: { $0.id == id }) else { return Effects() }
        return Effects(room: [(writers.remove(at: index).waiter, .failure(Self.cancelled))])
    }

    mutating func finishWriting() -> Effects {
        guard failure == nil, !isFinishing else { return Effects() }
        isFinishing = true
        endsDirection = true
        return Effects(attends: attend())
    }

    /// Bytes that arrived before a failure are still read first, unless this side has left.
    mutating func fail(_ error: any Error, dropsInput: Bool = false) -> Effects {
        guard failure == nil else { return Effects() }
        failure = error
        if dropsInput {
            inbound = ByteBuffer()
            peerHasFinished = false
        }
        var effects = Effects(drops: true)
        if let waiter = headWaiter { effects.head = (waiter, .failure(error)) }
        if let waiter = readWaiter { effects.read = (waiter, .failure(error)) }
        effects.room = writers.map { ($0.waiter, .failure(error)) }
        headWaiter = nil
        readWaiter = nil
        writers = []
        sending = nil
        urgent.removeAll()
        outbound.removeAll()
        queued = 0
        queuedUrgent = 0
        return effects
    }

    /// - Returns: The level that whoever queued it waits for.
    private mutating func enqueue(_ wish: Wish) -> Int {
        switch wish {
        case .write(let pieces): for piece in pieces { enqueue(piece) }
        case .urge(let bytes):
            urgent.append(bytes)
            queued += bytes.readableBytes
            queuedUrgent += bytes.readableBytes
            return queuedUrgent <= Self.urgentLimit ? .max : limit
        case .finish(let bytes):
            outbound.removeAll()
            urgent.removeAll()
            queuedUrgent = 0
            queued = sending?.readableBytes ?? 0
            enqueue(bytes)
            isFinishing = true
        case .flush, .end: break
        }
        return limit
    }

    // What the loop does.

    mutating func enqueue(_ bytes: ByteBuffer) {
        guard bytes.readableBytes > 0 else { return }
        outbound.append(bytes)
        queued += bytes.readableBytes
    }

    /// A wake-up that was asked for has come.
    mutating func attended() {
        isAttended = false
    }

    /// What to send next; it stays in place until `sent`.
    mutating func nextOutput() -> ByteBuffer? {
        if sending == nil {
            if let next = urgent.popFirst() {
                queuedUrgent -= next.readableBytes
                sending = next
            } else {
                sending = outbound.popFirst()
            }
        }
        return sending
    }

    /// Everything is sent, and this side is to be ended.
    var mayFinish: Bool { endsDirection && sending == nil && urgent.isEmpty && outbound.isEmpty }

    var wantsInput: Bool { failure == nil && !peerHasFinished && inbound.readableBytes < limit }

    mutating func sent(_ count: Int) -> Effects {
        wasSent = true
        guard sending != nil else { return Effects() }
        sending?.moveReaderIndex(forwardBy: count)
        if sending?.readableBytes == 0 { sending = nil }
        queued -= count
        guard !writers.isEmpty else { return Effects() }
        var effects = Effects()
        writers.removeAll { writer in
            guard queued <= writer.level else { return false }
            effects.room.append((writer.waiter, .success(())))
            return true
        }
        return effects
    }

    mutating func open(_ head: ResponseHead) -> Effects {
        guard let waiter = headWaiter else { return Effects() }
        headWaiter = nil
        return Effects(head: (waiter, .success(head)))
    }

    mutating func receive(_ bytes: UnsafeRawBufferPointer) -> Effects {
        guard failure == nil, !bytes.isEmpty else { return Effects() }
        if let waiter = readWaiter {
            readWaiter = nil
            return Effects(read: (waiter, .success(ByteBuffer(bytes: bytes))))
        }
        inbound.writeBytes(bytes)
        return Effects()
    }

    mutating func receiveEnd() -> Effects {
        guard failure == nil else { return Effects() }
        peerHasFinished = true
        guard let waiter = readWaiter else { return Effects() }
        readWaiter = nil
        return Effects(read: (waiter, .success(nil)))
    }

    /// - Returns: Whether the loop has not been asked already.
    private mutating func attend() -> Bool {
        defer { isAttended = true }
        return !isAttended
    }

    private static var cancelled: HTTPTransportError { error(.cancelled, "the task was cancelled") }

    private static func error(_ code: HTTPTransportError.Code, _ message: String) -> HTTPTransportError {
        HTTPTransportError(code: code, message: message, mayHaveBeenDelivered: true)
    }
}

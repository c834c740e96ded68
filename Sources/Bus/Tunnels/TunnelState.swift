import Model
import NIOCore

/// One end of a tunnel as a pure state machine: numbers, credit, queue, ends.
///
/// No I/O, no locks.
///
/// Credit is told as a running total, so a lost or repeated credit frame does no harm.
struct TunnelState {
    enum Inbound {
        case data(channel: UInt8, ByteBuffer)
        case end
        case failed(Fault)
    }

    enum Permission {
        /// So many bytes may be sent now, in the frame of this sequence.
        case send(bytes: Int, sequence: UInt32)
        case wait
        case failed(Fault)
    }

    /// How many bytes the other end may be ahead of this end's reader.
    let window: Int

    private var nextOut: UInt32 = 0
    private var sent: UInt64 = 0
    private var allowed: UInt64 = 0
    private var finishedOut = false

    private var nextIn: UInt32 = 0
    private var consumed: UInt64 = 0
    private var granted: UInt64
    private var queue = CircularBuffer<Inbound>()
    private var finishedIn = false

    private(set) var failure: Fault?

    init(window: Int) {
        self.window = window
        granted = UInt64(window)
    }

    /// The credit to tell first.
    var initialCredit: UInt64 { granted }

    /// The newest total that was told.
    var currentCredit: UInt64 { granted }

    /// Whether data may be sent now.
    var hasRoom: Bool { allowed > sent }

    /// Whether the reader would get something.
    var hasInbound: Bool { !queue.isEmpty || failure != nil }

    /// Both ends listen.
    private(set) var isOpen = false

    /// - Returns: Whether it was not open before.
    mutating func open() -> Bool {
        defer { isOpen = true }
        return !isOpen
    }

    // MARK: Outbound

    /// Asks to send up to so many bytes of data.
    mutating func permit(_ wanted: Int) -> Permission {
        if let failure { return .failed(failure) }
        guard !finishedOut else { return .failed(Fault(.internal, "data after the end of a tunnel")) }
        let room = Int(clamping: allowed - sent)
        guard room > 0 else { return .wait }
        let bytes = min(wanted, room, TunnelFrame.maximumData)
        sent += UInt64(bytes)
        return .send(bytes: bytes, sequence: takeSequence())
    }

    /// The sequence of the finishing frame; nil when this direction is over already.
    mutating func finish() -> UInt32? {
        guard failure == nil, !finishedOut else { return nil }
        finishedOut = true
        return takeSequence()
    }

    /// Numbers a frame that needs no credit.
    mutating func takeSequence() -> UInt32 {
        defer { nextOut &+= 1 }
        return nextOut
    }

    // MARK: Inbound

    /// Takes in what arrived.
    ///
    /// Frames out of order mean that one was lost (rule 24): the tunnel is over.
    mutating func receive(_ frame: TunnelFrame) {
        guard failure == nil else { return }
        guard frame.sequence == nextIn else {
            fail(Fault(.outcomeUnknown, "Part of a byte stream was lost on the bus.", hint: "Repeat the transfer."))
            return
        }
        nextIn &+= 1
        switch frame.body {
        case .data(let channel, let bytes):
            guard !finishedIn else { return fail(Fault(.internal, "data after the end of a tunnel")) }
            queue.append(.data(channel: channel, bytes))
        case .credit(let total):
            allowed = max(allowed, total)
        case .finish:
            finishedIn = true
            queue.append(.end)
        case .reset(let fault):
            fail(fault)
        }
    }

    /// The next thing to hand to the reader; nil is to wait.
    ///
    /// Bytes that arrived before a failure are still read.
    mutating func take() -> Inbound? {
        if let next = queue.first {
            // The end stays: whoever asks again learns it again.
            guard case .data(_, let bytes) = next else { return next }
            queue.removeFirst()
            consumed += UInt64(bytes.readableBytes)
            return next
        }
        return failure.map { .failed($0) }
    }

    /// The new total to grant, once enough was read that telling it is worth a frame.
    mutating func creditDue() -> UInt64? {
        let total = consumed + UInt64(window)
        guard failure == nil, !finishedIn, total - granted >= UInt64(window / 4) else { return nil }
        granted = total
        return total
    }

    mutating func fail(_ fault: Fault) {
        if failure == nil { failure = fault }
    }
}

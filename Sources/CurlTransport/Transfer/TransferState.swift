import NIOCore

/// What is known of a transfer, and what follows from each event.
///
/// Pure: the caller runs the actions.
struct TransferState {
    typealias HeadWaiter = CheckedContinuation<ResponseHead, any Error>
    typealias BodyWaiter = CheckedContinuation<ByteBuffer?, any Error>

    enum Action {
        case proceed
        case resumeTransfer
        case deliverHead(HeadWaiter, ResponseHead)
        case deliver(BodyWaiter, ByteBuffer?, resumesTransfer: Bool)
        case throwing(HeadWaiter?, BodyWaiter?, any Error)
    }

    enum Receipt {
        case taken
        /// libcurl keeps the bytes and offers them again after a resume.
        case pause
        case refused
    }

    private enum End {
        case complete
        case failed(HTTPTransportError)
    }

    private let bufferLimit: Int
    private var parser = ResponseHeadParser()
    private var headWaiter: HeadWaiter?
    private var bodyWaiter: BodyWaiter?
    private var buffer = ByteBuffer()
    private var end: End?
    private(set) var isReceivePaused = false
    private(set) var wasIssued = false

    init(bufferLimit: Int) {
        self.bufferLimit = bufferLimit
    }

    var hasEnded: Bool { end != nil }

    var awaitsHead: Bool { headWaiter != nil }

    var trailers: HTTPTransportHeaders { parser.trailers }

    mutating func begin(_ waiter: HeadWaiter) -> Action {
        if case .failed(let error) = end { return .throwing(waiter, nil, error) }
        headWaiter = waiter
        return .proceed
    }

    mutating func issue(mayReplay: Bool) -> Bool {
        defer { wasIssued = true }
        return !wasIssued || mayReplay
    }

    mutating func headerLine(_ line: UnsafeRawBufferPointer) -> Action {
        guard let head = parser.line(line), let waiter = headWaiter else { return .proceed }
        headWaiter = nil
        return .deliverHead(waiter, head)
    }

    mutating func receive(_ bytes: UnsafeRawBufferPointer) -> (Receipt, Action) {
        guard end == nil else { return (.refused, .proceed) }
        if let waiter = bodyWaiter {
            bodyWaiter = nil
            return (.taken, .deliver(waiter, ByteBuffer(bytes: bytes), resumesTransfer: false))
        }
        guard buffer.readableBytes < bufferLimit else {
            isReceivePaused = true
            return (.pause, .proceed)
        }
        buffer.writeBytes(bytes)
        return (.taken, .proceed)
    }

    mutating func demand(_ waiter: BodyWaiter) -> Action {
        if buffer.readableBytes > 0 {
            let chunk = buffer
            buffer = ByteBuffer()
            defer { isReceivePaused = false }
            return .deliver(waiter, chunk, resumesTransfer: isReceivePaused)
        }
        switch end {
        case .complete: return .deliver(waiter, nil, resumesTransfer: false)
        case .failed(let error): return .throwing(nil, waiter, error)
        case nil: break
        }
        guard bodyWaiter == nil else {
            let error = HTTPTransportError(
                code: .internal,
                message: "two tasks read one response body",
                mayHaveBeenDelivered: true
            )
            return .throwing(nil, waiter, error)
        }
        bodyWaiter = waiter
        return .proceed
    }

    mutating func complete() -> Action {
        guard end == nil else { return .proceed }
        guard headWaiter == nil else {
            // To libcurl the end of a connection within the head is the end of the head.
            return fail(
                HTTPTransportError(
                    code: .aborted,
                    message: "the connection ended before the response's head",
                    mayHaveBeenDelivered: true
                )
            )
        }
        end = .complete
        guard let waiter = bodyWaiter else { return .proceed }
        bodyWaiter = nil
        return .deliver(waiter, nil, resumesTransfer: false)
    }

    /// Bytes that arrived before the failure are still read first, unless the reader itself has left.
    mutating func fail(_ error: HTTPTransportError) -> Action {
        guard end == nil else { return .proceed }
        end = .failed(error)
        if error.code == .cancelled { buffer = ByteBuffer() }
        defer {
            headWaiter = nil
            bodyWaiter = nil
        }
        return .throwing(headWaiter, bodyWaiter, error)
    }
}

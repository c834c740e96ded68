import CCurl
import NIOConcurrencyHelpers
import NIOCore

/// One request on its way: the meeting point of its caller, the reader of its body and the loop's thread.
///
/// Continuations are resumed, and letters posted, outside the lock.
final class Transfer: Sendable {
    let request: HTTPTransportRequest
    let configuration: HTTPTransport.Configuration
    let upload: UploadPipe?
    private let loop: TransferLoop
    private let state: NIOLockedValueBox<TransferState>

    init(request: HTTPTransportRequest, configuration: HTTPTransport.Configuration, loop: TransferLoop) {
        self.request = request
        self.configuration = configuration
        self.loop = loop
        state = NIOLockedValueBox(TransferState(bufferLimit: configuration.bufferLimit))
        if case .streamed(let source) = request.body {
            upload = UploadPipe(source: source, bufferLimit: configuration.bufferLimit)
        } else {
            upload = nil
        }
    }

    /// Starts the transfer and waits for the response's head.
    func begin() async throws -> ResponseHead {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                guard run(state.withLockedValue { $0.begin(continuation) }) else { return }
                guard loop.post(.add(self)) else {
                    fail(.shutdown, "the transport was shut down")
                    return
                }
                upload?.start(for: self)
            }
        } onCancel: {
            cancel()
        }
    }

    /// The next bytes of the body, nil at its end.
    func nextChunk() async throws -> ByteBuffer? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                _ = run(state.withLockedValue { $0.demand(continuation) })
            }
        } onCancel: {
            cancel()
        }
    }

    var trailers: HTTPTransportHeaders { state.withLockedValue { $0.trailers } }

    /// Ends the transfer; without effect once it has ended.
    func cancel() {
        fail(.cancelled, "the request was cancelled")
    }

    func fail(_ code: HTTPTransportError.Code, _ message: String, cause: (any Error)? = nil) {
        end { state in
            state.fail(
                HTTPTransportError(
                    code: code,
                    message: message,
                    mayHaveBeenDelivered: state.wasIssued,
                    cause: cause
                )
            )
        }
    }

    /// Asks the loop to look at what is paused again.
    func resume() {
        loop.post(.resume(self))
    }

    private func end(_ transition: (inout TransferState) -> TransferState.Action) {
        let (action, endedNow) = state.withLockedValue { state in
            let wasEnded = state.hasEnded
            return (transition(&state), !wasEnded)
        }
        guard endedNow else { return }
        _ = run(action)
        upload?.close()
        loop.post(.remove(self))
    }

    /// - Returns: whether the transfer goes on.
    private func run(_ action: TransferState.Action) -> Bool {
        switch action {
        case .proceed: return true
        case .resumeTransfer: resume()
        case .deliverHead(let waiter, let head): waiter.resume(returning: head)
        case .deliver(let waiter, let chunk, let resumesTransfer):
            waiter.resume(returning: chunk)
            if resumesTransfer { resume() }
        case .throwing(let head, let body, let error):
            head?.resume(throwing: error)
            body?.resume(throwing: error)
        }
        return false
    }
}

/// What the loop's thread calls.
extension Transfer {
    var hasEnded: Bool { state.withLockedValue { $0.hasEnded } }

    var awaitsHead: Bool { state.withLockedValue { $0.awaitsHead } }

    var pauseMask: Int32 {
        let receive = state.withLockedValue { $0.isReceivePaused } ? CURLPAUSE_RECV : 0
        let send = upload?.isStarved == true ? CURLPAUSE_SEND : 0
        return receive | send
    }

    /// Called right before the request is written, again when libcurl wants to write it a second time.
    /// - Returns: false to refuse.
    func willIssue() -> Bool {
        state.withLockedValue { $0.issue(mayReplay: request.mayReplay) }
    }

    func receiveHeaderLine(_ line: UnsafeRawBufferPointer) {
        _ = run(state.withLockedValue { $0.headerLine(line) })
    }

    func receive(_ bytes: UnsafeRawBufferPointer) -> TransferState.Receipt {
        let (receipt, action) = state.withLockedValue { $0.receive(bytes) }
        _ = run(action)
        return receipt
    }

    func complete(_ result: CURLcode, detail: String) {
        end { state in
            guard result != CURLE_OK else { return state.complete() }
            return state.fail(HTTPTransportError(result, detail: detail, issued: state.wasIssued))
        }
    }
}

import BoxProtocol
import CLinux
import ExecutionEngine
import Glibc
import NIOConcurrencyHelpers

/// A socket to a box: frames out from any thread, frames in on the loop's thread.
///
/// A frame is sent by the thread that has it, which spares a hop; only what the socket does not take waits for the
/// loop.
final class BoxChannel: Sendable {
    private enum Pending {
        case waiting(CheckedContinuation<BoxReply, any Error>)
        /// The asking task was cancelled.
        case abandoned
    }

    private struct State {
        var lastStream: UInt32 = 0
        var requests: [UInt32: Pending] = [:]
        var followers: [UInt32: any ProcessFollower] = [:]
        var unsent: [UInt8] = []
        /// Whole frames that nobody waits for: they go with the next one, or in a while.
        var late: [UInt8] = []
        var hasLateTimer = false
        var failure: BoxError?
        var closeWaiters: [UInt32: CheckedContinuation<Void, Never>] = [:]
        /// Since when somebody waits and nothing has come.
        var quietSince: ContinuousClock.Instant?

        var isWaitedFor: Bool {
            !followers.isEmpty
                || requests.values.contains {
                    if case .waiting = $0 { true } else { false }
                }
        }
    }

    let loop: BoxLoop
    private let socket: Descriptor
    /// How long what nobody waits for may wait for others; nil sends it at once.
    private let linger: Duration?
    private let state = NIOLockedValueBox(State())

    init(_ socket: Descriptor, loop: BoxLoop, linger: Duration? = nil) {
        self.socket = socket
        self.linger = linger
        self.loop = loop
        loop.post { [self] eventLoop in
            do throws(SystemError) {
                let reader = BoxChannelReader(self, socket: socket, loop: eventLoop)
                try eventLoop.register(socket, for: .read, handler: reader)
            } catch {
                close(BoxError(error))
            }
        }
    }

    var isClosed: Bool { state.withLockedValue { $0.failure != nil } }
}

// MARK: Sending

extension BoxChannel {
    /// A number that no other request on this channel has.
    func makeStream() -> UInt32 {
        state.withLockedValue { state in
            state.lastStream &+= 1
            return state.lastStream
        }
    }

    /// Asks and waits for the answer.
    ///
    /// A cancelled task stops waiting; what the box opens for it then is closed again.
    func request(_ type: FrameType, _ message: some FrameMessage, stream: UInt32? = nil) async throws -> BoxReply {
        let stream = stream ?? makeStream()
        let frame = FieldEncoder.frame(type, stream: stream, message)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let refusal: (any Error)? = state.withLockedValue { state in
                    if Task.isCancelled {
                        return CancellationError()
                    }
                    state.requests[stream] = .waiting(continuation)
                    let failure = transmit(frame, &state)
                    if failure != nil {
                        state.requests[stream] = nil
                    } else if state.quietSince == nil {
                        state.quietSince = .now
                    }
                    return failure
                }
                if let refusal {
                    continuation.resume(throwing: refusal)
                }
            }
        } onCancel: {
            abandon(stream)
        }
    }

    private func abandon(_ stream: UInt32) {
        let waiting = state.withLockedValue { state -> CheckedContinuation<BoxReply, any Error>? in
            guard case .waiting(let continuation) = state.requests[stream] else { return nil }
            state.requests[stream] = .abandoned
            return continuation
        }
        waiting?.resume(throwing: CancellationError())
    }

    /// Sends a frame whose answer, if it has one, interests nobody.
    func send(_ type: FrameType, _ message: some FrameMessage, stream: UInt32? = nil) {
        let stream = stream ?? makeStream()
        let frame = FieldEncoder.frame(type, stream: stream, message)
        _ = state.withLockedValue { transmit(frame, &$0) }
    }

    /// Sends a frame for which there is time: where each message costs much, it goes along with the next.
    func sendLate(_ type: FrameType, _ message: some FrameMessage, stream: UInt32) {
        guard let linger else { return send(type, message, stream: stream) }
        let frame = FieldEncoder.frame(type, stream: stream, message)
        let begins = state.withLockedValue { state in
            guard state.failure == nil else { return false }
            state.late += frame
            defer { state.hasLateTimer = true }
            return !state.hasLateTimer
        }
        guard begins else { return }
        Task {
            try await Task.sleep(for: linger)
            state.withLockedValue { state in
                state.hasLateTimer = false
                if state.failure == nil, !state.late.isEmpty { emit([], &state) }
            }
        }
    }

    /// Starts following a process with the frame that starts or attaches it.
    func follow(_ type: FrameType, _ message: some FrameMessage, stream: UInt32, by follower: any ProcessFollower)
        throws
    {
        let frame = FieldEncoder.frame(type, stream: stream, message)
        let failure = state.withLockedValue { state in
            state.followers[stream] = follower
            let failure = transmit(frame, &state)
            if failure != nil {
                state.followers[stream] = nil
            } else if state.quietSince == nil {
                state.quietSince = .now
            }
            return failure
        }
        if let failure {
            throw failure
        }
    }

    func unfollow(_ stream: UInt32) {
        state.withLockedValue { _ = $0.followers.removeValue(forKey: stream) }
    }

    private func transmit(_ frame: [UInt8], _ state: inout State) -> BoxError? {
        if let failure = state.failure {
            return failure
        }
        guard frame.count <= Frame.headerSize + Frame.maximumPayload else { return BoxError(.tooLarge) }
        emit(frame, &state)
        return nil
    }

    /// Behind what was left for later.
    private func emit(_ frame: [UInt8], _ state: inout State) {
        let frame = state.late.isEmpty ? frame : state.late + frame
        state.late = []
        guard state.unsent.isEmpty else {
            state.unsent.append(contentsOf: frame)
            return
        }
        let sent = write(frame[...])
        if sent < frame.count {
            state.unsent = Array(frame[sent...])
            loop.post { [socket] eventLoop in eventLoop.watch(socket, for: [.read, .write]) }
        }
    }

    /// Returns how many bytes the socket took.
    ///
    /// A broken one is found out by the reader.
    private func write(_ bytes: ArraySlice<UInt8>) -> Int {
        bytes.withUnsafeBytes { bytes in
            var sent = 0
            while sent < bytes.count {
                let count = linux_send(socket.number, bytes.baseAddress.map { $0 + sent }, bytes.count - sent, -1)
                if count < 0, errno == EINTR {
                    continue
                }
                guard count >= 0 else { break }
                sent += count
            }
            return sent
        }
    }

    /// On the loop's thread: the socket takes bytes again.
    func sendUnsent(on eventLoop: EventLoop) {
        let isDone = state.withLockedValue { state in
            let sent = write(state.unsent[...])
            state.unsent.removeFirst(sent)
            // What goes out slowly comes back late.
            if sent > 0, state.quietSince != nil { state.quietSince = .now }
            return state.unsent.isEmpty
        }
        // A thread that finds the socket full again asks for this again, behind this call.
        if isDone {
            eventLoop.watch(socket, for: .read)
        }
    }
}

// MARK: Receiving

extension BoxChannel {
    /// On the loop's thread.
    ///
    /// Returns false when nobody waits for such an answer.
    func deliver(_ result: Result<BoxReply, BoxError>, to stream: UInt32) {
        let pending = state.withLockedValue { $0.requests.removeValue(forKey: stream) }
        switch pending {
        case .waiting(let continuation): continuation.resume(with: result.mapError { $0 as any Error })
        case .abandoned: undo(result, stream)
        case nil: break
        }
    }

    private func undo(_ result: Result<BoxReply, BoxError>, _ stream: UInt32) {
        switch result {
        case .success(.opened), .success(.openedInline): send(.discard, HandleMessage(handle: stream))
        case .success(.page(let page)) where !page.isLast: send(.listClose, HandleMessage(handle: stream))
        default: break
        }
    }

    func follower(of stream: UInt32) -> (any ProcessFollower)? {
        state.withLockedValue { $0.followers[stream] }
    }
}

// MARK: Silence

extension BoxChannel {
    /// On the loop's thread: something has come, and was handed on.
    func noteNews() {
        state.withLockedValue { state in
            guard state.quietSince != nil else { return }
            state.quietSince = state.isWaitedFor ? .now : nil
        }
    }

    /// Since when somebody waits and nothing has come; nil while nobody waits.
    var quietSince: ContinuousClock.Instant? {
        state.withLockedValue { state in
            // Whoever has waited may have been cancelled.
            if !state.isWaitedFor { state.quietSince = nil }
            return state.quietSince
        }
    }
}

// MARK: Closing

extension BoxChannel {
    /// Everything that waits gets this error, and so does everything that comes.
    func close(_ error: BoxError) {
        let taken = state.withLockedValue { state -> State? in
            guard state.failure == nil else { return nil }
            if !state.late.isEmpty { emit([], &state) }
            let taken = state
            state = State(failure: error)
            return taken
        }
        guard let taken else { return }
        // The box must learn of it although the reader may hold the descriptor a little longer.
        shutdown(socket.number, Int32(SHUT_RDWR))
        loop.post { [socket] eventLoop in eventLoop.unregister(socket) }
        for case .waiting(let continuation) in taken.requests.values {
            continuation.resume(throwing: error)
        }
        for follower in taken.followers.values {
            follower.receive(.failed(error))
        }
        for waiter in taken.closeWaiters.values {
            waiter.resume()
        }
    }

    /// Returns when the channel is closed, or the task is cancelled.
    func waitUntilClosed() async {
        let number = makeStream()
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLockedValue { state in
                    guard state.failure == nil, !Task.isCancelled else { return true }
                    state.closeWaiters[number] = continuation
                    return false
                }
                if isOver {
                    continuation.resume()
                }
            }
        } onCancel: {
            state.withLockedValue { $0.closeWaiters.removeValue(forKey: number) }?.resume()
        }
    }
}

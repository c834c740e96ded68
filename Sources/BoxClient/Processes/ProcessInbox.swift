import BoxProtocol
import ExecutionEngine
import NIOConcurrencyHelpers
import NIOCore

/// What a box has said about a process and nobody has taken yet.
///
/// It is bounded by the box, which sends no more than a window of bytes that have not been acknowledged.
final class ProcessInbox: ProcessFollower {
    private struct State {
        var events: [BoxProcessEvent] = []
        var next = 0
        var reader: CheckedContinuation<BoxProcessEvent, any Error>?
        var starter: CheckedContinuation<StartedMessage, any Error>?
        var isCancelled = false
        var exit: BoxExit?
        var failure: BoxError?
        var roomCount: UInt64 = 0
        var writers: [UInt64: CheckedContinuation<Bool, any Error>] = [:]
        var lastWriter: UInt64 = 0
    }

    private let state = NIOLockedValueBox(State())

    func receive(_ news: ProcessNews) {
        switch news {
        case .started(let message): state.withLockedValue { $0.starter.take() }?.resume(returning: message)
        case .output(let message):
            let bytes = ByteBuffer(bytes: message.bytes)
            add(.output(stream: message.isError ? .stderr : .stdout, bytes: bytes, offset: message.offset))
        case .exited(let message): end(BoxExit(message))
        case .inputRoom: wakeWriters()
        case .failed(let error): fail(error)
        }
    }

    private func add(_ event: BoxProcessEvent) {
        let reader = state.withLockedValue { state -> CheckedContinuation<BoxProcessEvent, any Error>? in
            if let reader = state.reader.take() {
                return reader
            }
            state.events.append(event)
            return nil
        }
        reader?.resume(returning: event)
    }

    private func end(_ exit: BoxExit) {
        // A reader waits only when everything before the exit has been taken.
        let reader = state.withLockedValue { state in
            state.exit = exit
            return state.reader.take()
        }
        reader?.resume(returning: .exited(exit))
        // They ask again, and are told that it has ended.
        wakeWriters()
    }

    private func fail(_ error: BoxError) {
        let taken = state.withLockedValue { state in
            state.failure = error
            defer { state.writers = [:] }
            return (state.starter.take(), state.reader.take(), state.writers.values)
        }
        taken.0?.resume(throwing: error)
        taken.1?.resume(throwing: error)
        for writer in taken.2 {
            writer.resume(throwing: error)
        }
    }
}

// MARK: Starting

extension ProcessInbox {
    /// Calls `send` and waits until the box has started the process.
    func waitForStart(_ send: () throws -> Void) async throws -> StartedMessage {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                do {
                    try state.withLockedValue { state in
                        guard !state.isCancelled, !Task.isCancelled else { throw CancellationError() }
                        state.starter = continuation
                    }
                    try send()
                } catch {
                    let starter = state.withLockedValue { $0.starter.take() }
                    (starter ?? (error is CancellationError ? continuation : nil))?.resume(throwing: error)
                }
            }
        } onCancel: {
            let starter = state.withLockedValue { state in
                state.isCancelled = true
                return state.starter.take()
            }
            starter?.resume(throwing: CancellationError())
        }
    }
}

// MARK: Reading

extension ProcessInbox {
    /// One reader at a time.
    func next() async throws -> BoxProcessEvent {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let result = state.withLockedValue { state -> Result<BoxProcessEvent, any Error>? in
                    if let event = Self.take(&state) {
                        return .success(event)
                    }
                    if let failure = state.failure {
                        return .failure(failure)
                    }
                    if Task.isCancelled {
                        return .failure(CancellationError())
                    }
                    guard state.reader == nil else { return .failure(BoxError(.invalid)) }
                    state.reader = continuation
                    return nil
                }
                if let result {
                    continuation.resume(with: result)
                }
            }
        } onCancel: {
            state.withLockedValue { $0.reader.take() }?.resume(throwing: CancellationError())
        }
    }

    private static func take(_ state: inout State) -> BoxProcessEvent? {
        if state.next < state.events.count {
            let event = state.events[state.next]
            state.next += 1
            if state.next == state.events.count {
                state.events.removeAll(keepingCapacity: true)
                state.next = 0
            }
            return event
        }
        return state.exit.map(BoxProcessEvent.exited)
    }
}

// MARK: Writing

extension ProcessInbox {
    /// How often the box has said that there is room for input again.
    var roomCount: UInt64 { state.withLockedValue { $0.roomCount } }

    private func wakeWriters() {
        let writers = state.withLockedValue { state in
            defer { state.writers = [:] }
            state.roomCount += 1
            return state.writers.values
        }
        for writer in writers {
            writer.resume(returning: true)
        }
    }

    /// Waits until the box has said more often than `seen` that there is room; false when the time was over first.
    func waitForRoom(after seen: UInt64, until deadline: ContinuousClock.Instant?, on loop: BoxLoop) async throws
        -> Bool
    {
        let number = state.withLockedValue { state in
            state.lastWriter += 1
            return state.lastWriter
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let result = state.withLockedValue { state -> Result<Bool, any Error>? in
                    if Task.isCancelled {
                        return .failure(CancellationError())
                    }
                    if let failure = state.failure {
                        return .failure(failure)
                    }
                    guard state.roomCount == seen, state.exit == nil else { return .success(true) }
                    state.writers[number] = continuation
                    return nil
                }
                if let result {
                    continuation.resume(with: result)
                } else if let deadline {
                    let left = max(.zero, deadline - .now).wholeMilliseconds
                    loop.post { [weak self] eventLoop in
                        eventLoop.schedule(afterMilliseconds: UInt64(left)) {
                            self?.resumeWriter(number, .success(false))
                        }
                    }
                }
            }
        } onCancel: {
            resumeWriter(number, .failure(CancellationError()))
        }
    }

    private func resumeWriter(_ number: UInt64, _ result: Result<Bool, any Error>) {
        state.withLockedValue { $0.writers.removeValue(forKey: number) }?.resume(with: result)
    }
}

import NIOConcurrencyHelpers
import NIOCore

/// Between the source of a request body and libcurl's read callback: holds at most the buffer limit and one chunk.
final class UploadPipe: Sendable {
    enum Reading {
        case bytes(Int)
        case end
        /// Nothing now; the next write resumes the transfer.
        case starved
    }

    private struct State {
        var chunks = CircularBuffer<ByteBuffer>()
        var buffered = 0
        var total = 0
        var isStarved = false
        var isFinished = false
        var isClosed = false
        var roomWaiters: [CheckedContinuation<Void, any Error>] = []
        var pump: Task<Void, Never>?

        mutating func drain(into target: UnsafeMutableRawBufferPointer) -> Int {
            var filled = 0
            while filled < target.count, !chunks.isEmpty {
                let count = min(target.count - filled, chunks[chunks.startIndex].readableBytes)
                chunks[chunks.startIndex]
                    .readWithUnsafeReadableBytes { bytes in
                        UnsafeMutableRawBufferPointer(rebasing: target[filled...])
                            .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
                        return count
                    }
                filled += count
                if chunks[chunks.startIndex].readableBytes == 0 { chunks.removeFirst() }
            }
            buffered -= filled
            return filled
        }
    }

    private let source: HTTPTransportUpload
    private let bufferLimit: Int
    private let state = NIOLockedValueBox(State())

    init(source: HTTPTransportUpload, bufferLimit: Int) {
        self.source = source
        self.bufferLimit = bufferLimit
    }

    var length: Int? { source.length }

    var isStarved: Bool { state.withLockedValue { $0.isStarved } }

    /// Pulls from the source until its end or `close`.
    func start(for transfer: Transfer) {
        // A task of its own, because the response may begin, and `send` return, before the upload ends. The
        // transfer's end cancels it.
        let pump = Task {
            do {
                try await source.produce { try await self.write($0, to: transfer) }
                try finish(transfer)
            } catch let error as HTTPTransportError {
                transfer.fail(error.code, error.message)
            } catch {
                transfer.fail(.uploadFailed, "the source of the request body failed", cause: error)
            }
        }
        let isClosed = state.withLockedValue { state in
            state.pump = pump
            return state.isClosed
        }
        if isClosed { pump.cancel() }
    }

    /// The transfer has ended: the source is cancelled, and what is buffered is dropped.
    func close() {
        let (waiters, pump) = state.withLockedValue { state in
            state.isClosed = true
            state.chunks.removeAll()
            defer { state.roomWaiters = [] }
            return (state.roomWaiters, state.pump)
        }
        for waiter in waiters { waiter.resume(throwing: CancellationError()) }
        pump?.cancel()
    }

    /// Called by libcurl for the next bytes to send.
    func read(into target: UnsafeMutableRawBufferPointer) -> Reading {
        typealias Outcome = (Reading, [CheckedContinuation<Void, any Error>])
        let (reading, waiters) = state.withLockedValue { state -> Outcome in
            let count = state.drain(into: target)
            guard count == 0 else {
                guard state.buffered < bufferLimit else { return (.bytes(count), []) }
                defer { state.roomWaiters = [] }
                return (.bytes(count), state.roomWaiters)
            }
            if state.isFinished { return (.end, []) }
            state.isStarved = true
            return (.starved, [])
        }
        for waiter in waiters { waiter.resume() }
        return reading
    }

    private func write(_ chunk: ByteBuffer, to transfer: Transfer) async throws {
        guard chunk.readableBytes > 0 else { return }
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            let (outcome, wakes): (Result<Void, any Error>?, Bool) = state.withLockedValue { state in
                guard !state.isClosed else { return (.failure(CancellationError()), false) }
                state.total += chunk.readableBytes
                if let length, state.total > length { return (.failure(mismatch(state.total)), false) }
                state.chunks.append(chunk)
                state.buffered += chunk.readableBytes
                let wakes = state.isStarved
                state.isStarved = false
                if state.buffered < bufferLimit { return (.success(()), wakes) }
                state.roomWaiters.append(continuation)
                return (nil, wakes)
            }
            if wakes { transfer.resume() }
            if let outcome { continuation.resume(with: outcome) }
        }
    }

    private func finish(_ transfer: Transfer) throws {
        let wakes = try state.withLockedValue { state in
            if let length, state.total != length { throw mismatch(state.total) }
            state.isFinished = true
            defer { state.isStarved = false }
            return state.isStarved
        }
        if wakes { transfer.resume() }
    }

    private func mismatch(_ total: Int) -> HTTPTransportError {
        HTTPTransportError(
            code: .uploadFailed,
            message: "the request body promised \(length ?? 0) bytes and yielded \(total)",
            mayHaveBeenDelivered: true
        )
    }
}

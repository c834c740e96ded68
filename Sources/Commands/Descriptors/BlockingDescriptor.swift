import Dispatch
import Glibc
import NIOConcurrencyHelpers
import NIOCore

/// A file descriptor that is read and written on a queue of its own, where it may block.
final class BlockingDescriptor: Sendable {
    static let standardInput = BlockingDescriptor(STDIN_FILENO, isOwned: false)
    static let standardOutput = BlockingDescriptor(STDOUT_FILENO, isOwned: false)
    static let standardError = BlockingDescriptor(STDERR_FILENO, isOwned: false)

    private static let chunk = 256 << 10

    private let number: Int32
    private let isOpen: NIOLockedValueBox<Bool>
    private let queue = DispatchQueue(label: "descriptor")
    /// Becomes readable when a read is cancelled; nil when the process has no descriptor left for it.
    private let alarm: PipeEnds?

    init(_ number: Int32, isOwned: Bool = true) {
        self.number = number
        isOpen = NIOLockedValueBox(isOwned)
        alarm = try? PipeEnds()
    }

    deinit {
        finish()
        if let alarm {
            close(alarm.reading)
            close(alarm.writing)
        }
    }

    /// Closes the descriptor, when it is ours to close, so that its other end sees the end.
    func finish() {
        let mustClose = isOpen.withLockedValue { isOpen in
            defer { isOpen = false }
            return isOpen
        }
        if mustClose { close(number) }
    }

    /// The next bytes, nil at the end.
    func read() async throws -> ByteBuffer? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                queue.async { continuation.resume(with: Result { try self.readNow() }) }
            }
        } onCancel: {
            if let alarm { _ = Glibc.write(alarm.writing, "!", 1) }
        }
    }

    /// Writes all of the bytes.
    func write(_ bytes: ByteBuffer) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            queue.async { continuation.resume(with: Result { try self.writeNow(bytes) }) }
        }
    }

    private func readNow() throws -> ByteBuffer? {
        var polled = [
            pollfd(fd: number, events: Int16(POLLIN), revents: 0),
            // poll passes over a negative number.
            pollfd(fd: alarm?.reading ?? -1, events: Int16(POLLIN), revents: 0),
        ]
        try Self.wait(&polled)
        if polled[1].revents != 0 { throw CancellationError() }
        // A descriptor that is not open at all has nothing to read.
        if Int32(polled[0].revents) & POLLNVAL != 0 { return nil }
        var buffer = ByteBufferAllocator().buffer(capacity: Self.chunk)
        let count = try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.chunk) { bytes in
            while true {
                let count = Glibc.read(number, bytes.baseAddress, bytes.count)
                if count >= 0 { return count }
                if errno == EAGAIN { try Self.wait(&polled) } else if errno != EINTR { throw Failure.system("reading") }
            }
        }
        return count == 0 ? nil : buffer
    }

    private func writeNow(_ bytes: ByteBuffer) throws {
        try bytes.withUnsafeReadableBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Glibc.write(number, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count >= 0 {
                    rest = rest.dropFirst(count)
                } else if errno == EAGAIN {
                    // Whoever shares our terminal or pipe has made it non-blocking.
                    var polled = [pollfd(fd: number, events: Int16(POLLOUT), revents: 0)]
                    try Self.wait(&polled)
                } else if errno != EINTR {
                    throw Failure.system("writing")
                }
            }
        }
    }

    private static func wait(_ polled: inout [pollfd]) throws {
        while poll(&polled, nfds_t(polled.count), -1) < 0 {
            guard errno == EINTR else { throw Failure.system("waiting for a descriptor") }
        }
    }
}

/// Everything that a descriptor holds, to its end.
struct DescriptorBytes: AsyncSequence, Sendable {
    let descriptor: BlockingDescriptor
    /// Called when some have come.
    var onRead: @Sendable () -> Void = {}

    func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(bytes: self)
    }

    struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let bytes: DescriptorBytes

        func next() async throws -> ByteBuffer? {
            guard let read = try await bytes.descriptor.read() else { return nil }
            bytes.onRead()
            return read
        }
    }
}

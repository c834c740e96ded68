import CLinux
import Glibc

/// Which of a process's outputs.
package enum OutputStream: Sendable {
    case stdout
    case stderr
}

/// The reading end of one of a process's outputs.
final class OutputPipe: EventHandler {
    enum ReadResult {
        case bytes(Int)
        case blocked
        case closed
    }

    let stream: OutputStream
    private var descriptor: Descriptor?
    private unowned let loop: EventLoop
    private var ready: (() -> Void)?

    init(_ stream: OutputStream, descriptor: Descriptor, loop: EventLoop) {
        self.stream = stream
        self.descriptor = descriptor
        self.loop = loop
    }

    var isOpen: Bool { descriptor != nil }

    /// From now on `ready` is called whenever there is something to read and reading is not paused.
    func start(_ ready: @escaping () -> Void) throws(SystemError) {
        guard let descriptor else { return }
        self.ready = ready
        try loop.register(descriptor, for: .read, handler: self)
    }

    func setPaused(_ isPaused: Bool) {
        if let descriptor {
            loop.watch(descriptor, for: isPaused ? [] : .read)
        }
    }

    /// What the pipe holds right now.
    var pendingBytes: Int {
        descriptor.map { Int(max(0, linux_readable_bytes($0.number))) } ?? 0
    }

    func resizeTerminal(rows: UInt16, columns: UInt16) throws(SystemError) {
        guard let descriptor, linux_resize_terminal(descriptor.number, rows, columns) == 0 else { throw .current }
    }

    /// Reads once.
    ///
    /// A terminal whose last program has gone answers EIO, which is an end like any other.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> ReadResult {
        guard let descriptor else { return .closed }
        while true {
            let count = Glibc.read(descriptor.number, buffer.baseAddress, buffer.count)
            if count > 0 {
                return .bytes(count)
            }
            if count < 0, errno == EINTR {
                continue
            }
            if count < 0, errno == EAGAIN {
                return .blocked
            }
            close()
            return .closed
        }
    }

    func close() {
        guard let descriptor else { return }
        loop.unregister(descriptor)
        self.descriptor = nil
        ready = nil
    }

    func descriptorReady(_ readiness: Readiness) {
        ready?()
    }
}

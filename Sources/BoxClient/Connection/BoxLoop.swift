import CLinux
import ExecutionEngine
import Glibc
import NIOConcurrencyHelpers
package import NIOPosix

/// The one thread that reads the sockets of all boxes, and the threads that read and write their files.
package final class BoxLoop: Sendable {
    typealias Work = @Sendable (EventLoop) -> Void

    let fileThreads: NIOThreadPool
    private let mailbox: LoopMailbox

    /// File contents are read and written on `fileThreads`; a box's file system may be slow.
    package init(fileThreads: NIOThreadPool = .singleton) throws(BoxError) {
        self.fileThreads = fileThreads
        do {
            mailbox = try LoopMailbox()
            try LoopThread.start(mailbox)
        } catch {
            throw BoxError(error)
        }
    }

    deinit {
        mailbox.post { loop in loop.stop() }
    }

    /// Runs `work` on the loop's thread.
    func post(_ work: @escaping Work) {
        mailbox.post(work)
    }
}

/// Carries work to the loop's thread.
private final class LoopMailbox: Sendable {
    private let waker: Waker
    private let pending = NIOLockedValueBox<[BoxLoop.Work]>([])

    init() throws(SystemError) {
        waker = try Waker()
    }

    func post(_ work: @escaping BoxLoop.Work) {
        let wasEmpty = pending.withLockedValue { pending in
            pending.append(work)
            return pending.count == 1
        }
        if wasEmpty {
            waker.wake()
        }
    }

    func serve(_ loop: EventLoop) throws(SystemError) {
        try waker.register(on: loop) { [self, unowned loop] in
            for work in pending.withLockedValue({ pending in
                defer { pending = [] }
                return pending
            }) {
                work(loop)
            }
        }
    }
}

/// Makes the thread.
///
/// Foundation's class for that would be the only thing used of it.
private final class LoopThread {
    private let loop: EventLoop
    private let mailbox: LoopMailbox

    private init(_ mailbox: LoopMailbox) throws(SystemError) {
        loop = try EventLoop()
        self.mailbox = mailbox
        try mailbox.serve(loop)
    }

    /// The loop is made here, where a failure can be told, and belongs to its thread from then on.
    static func start(_ mailbox: LoopMailbox) throws(SystemError) {
        let body = Unmanaged.passRetained(try LoopThread(mailbox))
        var thread = pthread_t()
        let result = pthread_create(
            &thread,
            nil,
            { body in
                if let body {
                    Unmanaged<LoopThread>.fromOpaque(body).takeRetainedValue().run()
                }
                return nil
            },
            body.toOpaque()
        )
        guard result == 0 else {
            body.release()
            throw SystemError(code: result)
        }
        pthread_detach(thread)
    }

    private func run() {
        linux_name_thread("box-loop")
        loop.run()
    }
}

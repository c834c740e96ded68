import CLinux
import Glibc

/// Learns how children ended, and leaves no zombie.
protocol ChildWaiter: AnyObject {
    /// Calls `ended` once with the process's wait status.
    func wait(for process: Int32, _ ended: @escaping (Int32) -> Void) throws(SystemError)
}

/// How an engine waits for its processes.
package enum WaitMode: Sendable {
    /// The engine owns every child of its process, adopted orphans too: pid 1 of a box.
    case everyChild
    /// The engine waits for the processes that it has started and for no other: a program with children of its own.
    case ownChildren
}

/// SIGCHLD and `waitpid(-1)`: also reaps what nobody asked about.
final class EveryChildWaiter: ChildWaiter {
    private var waiting: [Int32: (Int32) -> Void] = [:]
    private var source: SignalSource?

    init(loop: EventLoop) throws(SystemError) {
        source = try SignalSource([SIGCHLD], on: loop) { [unowned self] in reap() }
    }

    func wait(for process: Int32, _ ended: @escaping (Int32) -> Void) {
        waiting[process] = ended
    }

    private func reap() {
        while true {
            var status: Int32 = 0
            let process = waitpid(-1, &status, WNOHANG)
            if process > 0 {
                waiting.removeValue(forKey: process)?(status)
            } else if process == 0 || errno != EINTR {
                return
            }
        }
    }
}

/// A descriptor per child.
final class OwnChildrenWaiter: ChildWaiter {
    private unowned let loop: EventLoop

    init(loop: EventLoop) {
        self.loop = loop
    }

    func wait(for process: Int32, _ ended: @escaping (Int32) -> Void) throws(SystemError) {
        let descriptor = try Descriptor(owning: linux_pidfd_open(process))
        let watch = ChildWatch(process: process, descriptor: descriptor, loop: loop, ended: ended)
        try loop.register(descriptor, for: .read, handler: watch)
    }
}

private final class ChildWatch: EventHandler {
    private let process: Int32
    private let descriptor: Descriptor
    private unowned let loop: EventLoop
    private let ended: (Int32) -> Void

    init(process: Int32, descriptor: Descriptor, loop: EventLoop, ended: @escaping (Int32) -> Void) {
        self.process = process
        self.descriptor = descriptor
        self.loop = loop
        self.ended = ended
    }

    func descriptorReady(_ readiness: Readiness) {
        var status: Int32 = 0
        guard waitpid(process, &status, WNOHANG) == process else { return }
        loop.unregister(descriptor)
        ended(status)
    }
}

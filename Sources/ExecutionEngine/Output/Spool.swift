import Glibc

/// Files for output that nobody has acknowledged and memory does not hold, of all processes of an engine together.
///
/// They hold bytes that are lost with this process anyway, so nothing is synced, and what a predecessor left is removed.
package final class Spool {
    private static let suffix = ".spool"

    /// Milliseconds until a write is tried again that has failed.
    private static let retryPause: UInt64 = 1000

    let directory: Descriptor

    /// The most bytes of all files.
    private let limit: UInt64

    /// How long a file may become.
    let segmentLimit: Int

    /// Bytes of all files.
    private(set) var used: UInt64 = 0

    private unowned let loop: EventLoop
    private var lastNumber: UInt64 = 0

    /// Those that wait until there is room.
    private var waiting: [ObjectIdentifier: Execution] = [:]
    private var isResuming = false
    private var retry: LoopTimer?

    package init(directory path: String, limit: UInt64, loop: EventLoop) throws(SystemError) {
        directory = try Descriptor(owning: open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC))
        self.limit = limit
        self.loop = loop
        segmentLimit = Int(min(4 << 20, max(64 << 10, limit / 8)))
        try removeLeftovers()
    }

    private func removeLeftovers() throws(SystemError) {
        for name in try OpenDirectory(directory).names() where name.utf8.count == 16 + Self.suffix.utf8.count {
            guard name.hasSuffix(Self.suffix) else { continue }
            guard unlinkat(directory.number, name, 0) == 0 || errno == ENOENT else { throw .current }
        }
    }

    /// The name of a new file.
    func nextName() -> String {
        lastNumber += 1
        let digits = String(lastNumber, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits + Self.suffix
    }

    /// How many of so many bytes there is room for.
    func room(for count: Int) -> Int {
        Int(min(UInt64(count), limit - used))
    }

    func added(_ count: Int) {
        used += UInt64(count)
    }

    func removed(_ count: Int) {
        used -= UInt64(count)
        // A file that could not be made or written has left no room.
        guard count > 0, !isResuming, !waiting.isEmpty else { return }
        isResuming = true
        // Behind whoever is in the middle of letting go of something.
        loop.later { [weak self] in
            self?.isResuming = false
            self?.resumeWaiting()
        }
    }
}

// MARK: Waiting

extension Spool {
    /// The disk may have room again without our doing.
    func failed() {
        guard retry == nil else { return }
        retry = loop.schedule(afterMilliseconds: Self.retryPause) { [weak self] in
            self?.retry = nil
            self?.resumeWaiting()
        }
    }

    /// Tries again once there is room, or once what failed may succeed.
    func wait(_ execution: Execution) {
        waiting[ObjectIdentifier(execution)] = execution
    }

    func forget(_ execution: Execution) {
        waiting[ObjectIdentifier(execution)] = nil
    }

    private func resumeWaiting() {
        let resumed = waiting.values
        waiting = [:]
        for execution in resumed {
            execution.retryReading()
        }
    }
}

import CLinux
import Glibc
import ProviderKit

/// Starts the processes of boxes.
///
/// Blocks its thread for the milliseconds that a start takes.
struct BoxLauncher: Sendable {
    private let filter: [UInt8]
    /// For boxes whose first process starts programs in control groups of their own.
    private let delegatingFilter: [UInt8]
    let timeout: Duration

    init(timeout: Duration) throws(DriverError) {
        filter = try Self.filter(allowsClone3: false)
        delegatingFilter = try Self.filter(allowsClone3: true)
        self.timeout = timeout
    }

    private static func filter(allowsClone3: Bool) throws(DriverError) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let size = launch_filter(&buffer, buffer.count, allowsClone3 ? 1 : 0)
        guard size > 0 else { throw DriverError(.transient, "the system call filter is too large") }
        return Array(buffer[..<size])
    }

    /// Starts a box and returns its first process.
    ///
    /// `record` is called with that process while it still waits. If it throws, the box dies unrun.
    func start(
        _ plan: LaunchPlan,
        group: BoxGroup,
        record: (ProcessIdentity) throws(DriverError) -> Void
    ) throws(DriverError) -> ProcessIdentity {
        var information = try HostDescriptor.pipe()
        var barrier = try HostDescriptor.sockets()
        let outer = try spawn(plan, group, information: information.far, barrier: barrier.far)
        information.closeFar()
        barrier.closeFar()
        do throws(DriverError) {
            // Moving a process costs an RCU grace period: done while bubblewrap works.
            try group.joinLegacy(outer.pid)
            let text = try read(information.near.rawValue)
            guard let pid = Self.childPID(text), let identity = try ProcessIdentity.of(pid: pid) else {
                throw DriverError(.transient, "bubblewrap failed: \(plan.directory.logTail())")
            }
            try group.joinLegacy(pid)
            // Bubblewrap may have made it before it was moved itself.
            if !outer.isBornInGroup { try group.joinUnified(pid) }
            try record(identity)
            guard linux_send(barrier.near.rawValue, "x", 1, -1) == 1 else { throw .system("cannot release the box") }
            outer.hold.reapAtEnd()
            return identity
        } catch {
            try? Self.abandon(plan.directory, group)
            try? outer.hold.signal(SIGKILL)
            outer.hold.reapAtEnd()
            throw error
        }
    }

    private struct Outer: ~Copyable {
        let pid: Int32
        let isBornInGroup: Bool
        let hold: ProcessHold
    }

    private func spawn(
        _ plan: LaunchPlan,
        _ group: BoxGroup,
        information: Int32,
        barrier: Int32
    ) throws(DriverError) -> Outer {
        let directory = try HostDescriptor(opening: plan.directory.path, O_RDONLY | O_DIRECTORY)
        unlink(plan.directory.socket)
        let listener = HostDescriptor(launch_listen(directory.rawValue, "box.sock"))
        guard listener.rawValue >= 0 else { throw .system("cannot make the box's socket") }
        let log = try HostDescriptor(opening: plan.directory.log, O_WRONLY | O_CREAT | O_APPEND)
        let birth = try HostDescriptor(opening: plan.directory.birth, O_WRONLY | O_CREAT | O_TRUNC)
        var program = try HostDescriptor.pipe()
        let filter = plan.delegatesGroup ? delegatingFilter : filter
        guard write(program.far, filter, filter.count) == filter.count else {
            throw .system("cannot hand over the system call filter")
        }
        program.closeFar()

        let arena = CStringArena()
        var (request, binds) = plan.request(arena)
        request.listener = listener.rawValue
        request.filter = program.near.rawValue
        request.information = information
        request.barrier = barrier
        request.log = log.rawValue
        request.birth = birth.rawValue
        var mapping: HostDescriptor?
        if let storedAs = plan.storedAs {
            let opened = try Self.userMapping(from: storedAs, to: plan.user)
            request.mapping = opened.rawValue
            mapping = consume opened
        }
        var cgroup: HostDescriptor?
        if let unified = group.unified {
            let opened = try HostDescriptor(opening: unified, O_RDONLY | O_DIRECTORY)
            request.cgroup = opened.rawValue
            if plan.delegatesGroup { request.delegated = opened.rawValue }
            cgroup = consume opened
        }
        var outcome = launch_outcome()
        var result = Self.launch(&request, binds, &outcome)
        if result != 0, outcome.step == Int32(LAUNCH_CLONE.rawValue), outcome.error == ECHILD, cgroup != nil {
            // The caller's own group was killed once; so the box is moved instead of born into its group.
            request.cgroup = -1
            result = Self.launch(&request, binds, &outcome)
            if result == 0 { try group.joinUnified(outcome.pid) }
        }
        withExtendedLifetime(arena) {}
        _ = consume mapping
        guard result == 0 else { throw .launch(outcome) }
        let hold = ProcessHold(HostDescriptor(outcome.pidfd))
        return Outer(pid: outcome.pid, isBornInGroup: request.cgroup >= 0, hold: hold)
    }

    /// A namespace in which the files of one user are another's.
    static func userMapping(from stored: UInt32, to shown: UInt32) throws(DriverError) -> HostDescriptor {
        let descriptor = HostDescriptor(launch_user_mapping(stored, shown))
        guard descriptor.rawValue >= 0 else { throw .system("cannot map a user to another") }
        return descriptor
    }

    static func launch(
        _ request: inout launch_request,
        _ binds: [launch_bind],
        _ outcome: inout launch_outcome
    ) -> Int32 {
        binds.withUnsafeBufferPointer { buffer in
            request.binds = buffer.baseAddress
            request.bind_count = buffer.count
            defer { request.binds = nil }
            return launch_box(&request, &outcome)
        }
    }

    /// Reads to the end of file: what bubblewrap tells comes in pieces.
    private func read(_ descriptor: Int32) throws(DriverError) -> String {
        let deadline = ContinuousClock.now + timeout
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1_024)
        while true {
            let left = max(.zero, deadline - .now)
            var poller = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let ready = poll(&poller, 1, Int32(clamping: left.components.seconds * 1_000 + 1))
            if ready < 0, errno == EINTR { continue }
            guard ready > 0 else { throw DriverError(.timeout, "bubblewrap did not start the box in time") }
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return String(decoding: text, as: UTF8.self) }
            text.append(contentsOf: buffer[..<count])
        }
    }

    private static func childPID(_ text: String) -> Int32? {
        let words = text.split { !($0.isNumber || $0.isLetter || $0 == "-") }
        guard let index = words.firstIndex(of: "child-pid"), words.indices.contains(index + 1) else { return nil }
        return Int32(words[index + 1])
    }
}

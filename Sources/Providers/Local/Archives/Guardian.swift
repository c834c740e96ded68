import CLinux
import Glibc
import ProviderKit

/// The process that thaws a box when whoever froze it does not: `boxd --thaw-within`.
///
/// As long as its pipe is open here it waits for the time to be over.
struct Guardian: ~Copyable {
    private let pid: Int32
    private let pipe: HostDescriptor

    static func start(_ daemonPath: String, _ group: String, _ limit: Duration) throws(DriverError) -> Guardian {
        let freezer = try HostDescriptor(opening: "\(group)/cgroup.freeze", O_WRONLY)
        let null = try HostDescriptor(opening: "/dev/null", O_RDWR)
        var reader: Int32 = -1
        var writer: Int32 = -1
        guard linux_pipe(&reader, &writer) == 0 else { throw .system("cannot make a pipe") }
        let input = HostDescriptor(reader)
        let pipe = HostDescriptor(writer)
        let arena = CStringArena()
        var request = linux_spawn_request()
        let program = arena.array([daemonPath])
        let milliseconds = limit.components.seconds * 1_000 + limit.components.attoseconds / 1_000_000_000_000_000
        request.candidates = UnsafePointer(program)
        request.arguments = UnsafePointer(arena.array([daemonPath, "--thaw-within", "\(milliseconds)"]))
        request.environment = UnsafePointer(arena.array([]))
        request.directory = UnsafePointer(arena.string("/"))
        request.input = input.rawValue
        request.output = freezer.rawValue
        request.error = null.rawValue
        request.cgroup = -1
        request.oom_file = -1
        var failure = linux_spawn_failure()
        let pid = withExtendedLifetime(arena) { linux_spawn(&request, &failure) }
        guard pid > 0 else { throw .system("cannot start the guard of a freeze", failure.error) }
        return Guardian(pid: pid, pipe: pipe)
    }

    private init(pid: Int32, pipe: consuming HostDescriptor) {
        self.pid = pid
        self.pipe = pipe
    }

    /// Waits until it is gone: it must not thaw the next freeze.
    consuming func end() {
        let pid = pid
        _ = consume self
        while waitpid(pid, nil, 0) < 0, errno == EINTR {}
    }
}

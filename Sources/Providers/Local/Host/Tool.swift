import Glibc
import ProviderKit

/// A program of the host that is run to its end.
enum Tool {
    /// - Throws: when it cannot be started, or does not exit with 0.
    static func run(_ path: String, _ arguments: [String]) throws(DriverError) {
        let strings = CStringArena()
        let argv = strings.array([path] + arguments)
        let environment = strings.array([
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C",
        ])
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for descriptor in Int32(0)...2 {
            posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
        }
        var pid: pid_t = 0
        let error = withExtendedLifetime(strings) { posix_spawn(&pid, path, &actions, nil, argv, environment) }
        guard error == 0 else { throw .system("cannot start \(lastComponent(path))", error) }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 {
            guard errno == EINTR else { throw .system("cannot wait for \(lastComponent(path))") }
        }
        guard status == 0 else {
            throw DriverError(.transient, "\(lastComponent(path)) failed with wait status \(status)")
        }
    }
}

import Foundation

@testable import PostgresClient

/// A Postgres cluster of its own in a temporary directory, reached by a Unix socket only; not durable.
final class PostgresServer: Sendable {
    @TaskLocal static var current: PostgresServer?

    let directory: String
    private static let binaries = "/usr/lib/postgresql/15/bin"

    struct CommandFailed: Error {
        let command: String
        let status: Int32
    }

    private init() throws {
        var template = Array("/tmp/postgres-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw CommandFailed(command: "mkdtemp", status: errno) }
        directory = String(cString: made)
        if getuid() == 0, let user = getpwnam("postgres") {
            chown(directory, user.pointee.pw_uid, user.pointee.pw_gid)
        }
        try Self.run(
            "initdb",
            ["-D", "\(directory)/data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        )
    }

    /// Runs the body with a server that exists only for it.
    static func withServer<Value>(_ body: (PostgresServer) async throws -> Value) async throws -> Value {
        let server = try PostgresServer()
        defer {
            try? server.stop()
            try? FileManager.default.removeItem(atPath: server.directory)
        }
        try server.start()
        return try await body(server)
    }

    func start() throws {
        let options = "-c listen_addresses= -c unix_socket_directories=\(directory) -c fsync=off -c max_connections=60"
        try Self.run(
            "pg_ctl",
            ["-D", "\(directory)/data", "-l", "\(directory)/log", "-w", "-s", "-o", options, "start"]
        )
    }

    func stop() throws {
        try Self.run("pg_ctl", ["-D", "\(directory)/data", "-m", "fast", "-w", "-s", "stop"])
    }

    func configuration(database: String = "postgres") -> PostgresConfiguration {
        PostgresConfiguration(host: directory, database: database, user: "postgres")
    }

    /// A fresh database for one test.
    func makeDatabase() async throws -> PostgresConfiguration {
        let name = "t\(UInt64.random(in: 0...UInt64.max))"
        let connection = try await PostgresConnection.open(configuration())
        try await connection.executeScript("CREATE DATABASE \(name) STRATEGY file_copy")
        await connection.close()
        return configuration(database: name)
    }

    /// The server refuses to run as root, so root hands over to the user of Debian's package.
    private static func run(_ program: String, _ arguments: [String]) throws {
        var command = ["\(binaries)/\(program)"] + arguments
        if getuid() == 0 {
            command = ["/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"] + command
        }
        let pointers = command.map { strdup($0) }
        defer {
            for pointer in pointers { free(pointer) }
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for descriptor in [STDOUT_FILENO, STDERR_FILENO] {
            posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_WRONLY, 0)
        }
        // Not `Process`: it counts a child as running while a server it left behind holds what it inherited.
        var pid: pid_t = 0
        var status: Int32 = posix_spawn(&pid, command[0], &actions, nil, pointers + [nil], environ)
        if status == 0 {
            while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        }
        guard status == 0 else { throw CommandFailed(command: program, status: status) }
    }
}

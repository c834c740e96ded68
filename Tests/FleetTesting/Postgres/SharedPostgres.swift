import Fleet
import FoundationEssentials
import Glibc
import NIOConcurrencyHelpers

/// The one Postgres of this test process: started by the first test that needs it, ended with the process.
actor SharedPostgres {
    static let instance = SharedPostgres()
    private static let prefix = "sandfleet-test-postgres-"
    private static let atExit = NIOLockedValueBox<(process: ChildProcess, folder: String)?>(nil)
    private var server: OneShot<Result<PostgresServer, any Error>>?

    func running() async throws -> PostgresServer {
        if let server { return try await server.wait().get() }
        let server = OneShot<Result<PostgresServer, any Error>>()
        self.server = server
        do {
            server.resolve(.success(try await Self.start()))
        } catch {
            server.resolve(.failure(error))
        }
        return try await server.wait().get()
    }

    private static func start() async throws -> PostgresServer {
        removeAbandoned()
        let folder = "/tmp/\(prefix)\(getpid())"
        let server = try await PostgresServer(folder: folder)
        atExit.withLockedValue { $0 = (server.process, folder) }
        // Tests have no hook for the end of the process. Without this the kernel still ends the server with us.
        atexit { SharedPostgres.end() }
        return server
    }

    private static func end() {
        guard let (process, folder) = atExit.withLockedValue({ $0 }) else { return }
        process.signal(SIGQUIT)
        for _ in 0..<500 where process.exit.value == nil { usleep(10_000) }
        remove(folder)
    }

    /// Folders of test processes that crashed.
    private static func removeAbandoned() {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/tmp")) ?? []
        for name in names where name.hasPrefix(prefix) && !name.hasSuffix(".log") {
            guard let pid = pid_t(name.dropFirst(prefix.count)), kill(pid, 0) < 0, errno == ESRCH else { continue }
            remove("/tmp/\(name)")
        }
    }

    private static func remove(_ folder: String) {
        for path in [folder, folder + ".log"] { try? FileManager.default.removeItem(atPath: path) }
    }
}

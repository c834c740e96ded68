import Fleet
import FleetTesting
import Foundation
import Glibc
import Logging
import NATSClient

/// A private nats-server with JetStream, on a port of its own that it keeps over restarts.
actor NATSServer {
    nonisolated let port: UInt16
    private let directory: URL
    private var process: ChildProcess?

    nonisolated var url: String { "nats://127.0.0.1:\(port)" }

    private init() throws {
        port = try FreePort.choose()
        directory = FileManager.default.temporaryDirectory.appending(path: "nats-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        try configuration.write(to: directory.appending(path: "server.conf"), atomically: true, encoding: .utf8)
    }

    /// Runs the body against a fresh server, then stops it and removes its files.
    static func with<Value: Sendable>(_ body: (NATSServer) async throws -> Value) async throws -> Value {
        let server = try NATSServer()
        do {
            try await server.start()
            let value = try await body(server)
            await server.remove()
            return value
        } catch {
            await server.remove()
            throw error
        }
    }

    /// Connects as a user of the configuration below.
    nonisolated func connect(
        as user: String = "app",
        configure: (inout NATSOptions) -> Void = { _ in }
    ) async throws -> NATSConnection {
        var options = NATSOptions(urls: [url], name: "test", credentials: .user(user, password: "secret"))
        configure(&options)
        return try await NATSConnection.connect(
            options,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    func start() async throws {
        let log = directory.appending(path: "\(UUID()).log").path()
        let configuration = directory.appending(path: "server.conf").path()
        let process = try await ChildProcess.spawn(
            ChildSpecification(executable: "/usr/sbin/nats-server", arguments: ["-c", configuration], log: log)
        )
        self.process = process
        try await eventually("nats-server is ready") {
            if process.exit.value != nil { throw NATSError(.connectFailed, "nats-server did not start") }
            return TextFile.read(log)?.contains("Server is ready") == true
        }
    }

    /// Ends it as a crash would.
    func kill() async {
        process?.signal(SIGKILL)
        _ = await process?.exit.wait()
        process = nil
    }

    /// Stops it in the middle of whatever it does; its connections stay open.
    func freeze() async throws {
        try await process?.freeze()
    }

    func thaw() {
        process?.signal(SIGCONT)
    }

    func threadCount(of pid: pid_t = getpid()) throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task").count
    }

    private func remove() async {
        await kill()
        try? FileManager.default.removeItem(at: directory)
    }

    private nonisolated var configuration: String {
        """
        listen: "127.0.0.1:\(port)"
        jetstream { store_dir: "\(directory.path())/store", max_mem: 64M, max_file: 256M }
        ping_interval: "5s"
        ping_max: 2
        write_deadline: "5s"
        authorization {
          users = [
            { user: app, password: secret }
            { user: limited, password: secret, permissions {
                publish { allow: ["allowed.>"] }
                subscribe { allow: ["_INBOX.limited.>"] }
            } }
          ]
        }
        """
    }
}

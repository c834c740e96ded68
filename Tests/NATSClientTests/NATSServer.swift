import Foundation
import Glibc
import Logging
import NATSClient
import NIOConcurrencyHelpers

/// A private nats-server with JetStream, on a port of its own that it keeps over restarts.
actor NATSServer {
    nonisolated let port: UInt16
    private let directory: URL
    private var process: Process?

    nonisolated var url: String { "nats://127.0.0.1:\(port)" }

    private init() throws {
        port = try freePort()
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
        let process = Process()
        process.executableURL = URL(filePath: "/usr/sbin/nats-server")
        process.arguments = ["-c", directory.appending(path: "server.conf").path()]
        let output = Pipe()
        process.standardError = output
        try process.run()
        self.process = process
        for try await line in output.fileHandleForReading.lines where line.contains("Server is ready") { return }
        throw NATSError(.connectFailed, "nats-server did not start")
    }

    /// Ends it as a crash would.
    func kill() {
        guard let process else { return }
        Glibc.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        self.process = nil
    }

    /// Stops it in the middle of whatever it does; its connections stay open.
    func freeze() {
        if let process { Glibc.kill(process.processIdentifier, SIGSTOP) }
    }

    func thaw() {
        if let process { Glibc.kill(process.processIdentifier, SIGCONT) }
    }

    func threadCount(of pid: pid_t = getpid()) throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task").count
    }

    private func remove() {
        kill()
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

extension FileHandle {
    /// The lines of a pipe, and everything after them discarded so that the writer never blocks.
    fileprivate var lines: AsyncThrowingStream<String, any Error> {
        AsyncThrowingStream { continuation in
            let partial = NIOLockedValueBox("")
            readabilityHandler = { handle in
                let data = handle.availableData
                if data.isEmpty {
                    handle.readabilityHandler = nil
                    return continuation.finish()
                }
                let lines = partial.withLockedValue { partial in
                    partial += String(decoding: data, as: UTF8.self)
                    var lines = partial.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
                    partial = lines.popLast() ?? ""
                    return lines
                }
                for line in lines { continuation.yield(line) }
            }
        }
    }
}

private func freePort() throws -> UInt16 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw NATSError(.library, "socket") }
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
            bind(descriptor, address, length) == 0 && getsockname(descriptor, address, &length) == 0
        }
    }
    guard bound else { throw NATSError(.library, "bind") }
    return UInt16(bigEndian: address.sin_port)
}

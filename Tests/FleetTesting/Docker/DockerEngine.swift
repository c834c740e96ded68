package import Fleet
import FoundationEssentials
import Glibc
import NIOConcurrencyHelpers

/// A Docker engine of a test's own, with one small image, in a folder.
package final class DockerEngine: Sendable {
    /// The image that it has: busybox, and the users `root` and `box` (1000).
    package static let image = "sandfleet-test:latest"
    private static let program = "/usr/sbin/dockerd"

    /// Why none can be started on this machine; nil when one can.
    package static let obstacle: String? = {
        guard Account.isRoot else { return "no Docker engine: it needs root" }
        guard Executable.isRunnable(program) else { return "no Docker engine: there is no \(program) (docker.io)" }
        guard Executable.isRunnable("/bin/busybox") else { return "no Docker engine: there is no busybox for its image" }
        return nil
    }()

    package let folder: String
    /// More for dockerd.
    private let options: [String]
    private let current: NIOLockedValueBox<ChildProcess>

    private init(folder: String, _ options: [String], _ process: ChildProcess) {
        self.folder = folder
        self.options = options
        current = NIOLockedValueBox(process)
    }

    package static func start(_ options: [String] = [], in folder: String) async throws -> DockerEngine {
        let engine = DockerEngine(folder: folder, options, try await spawn(folder, options))
        do {
            try await engine.listens()
            try await Tool.run("\(scripts)/image.sh", [engine.socket, image])
        } catch {
            await engine.stop()
            throw error
        }
        return engine
    }

    package var socket: String { "\(folder)/socket" }
    /// For `DOCKER_HOST`.
    package var host: String { "unix://\(socket)" }
    package var process: ChildProcess { current.withLockedValue { $0 } }
    package var log: String { TextFile.read("\(folder)/log") ?? "" }

    /// Ends it in order, with all containers, and starts it again over its files.
    package func restart() async throws {
        await end()
        let process = try await Self.spawn(folder, options)
        current.withLockedValue { $0 = process }
        try await listens()
    }

    /// Ends it, and everything in it.
    package func stop() async {
        await end()
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Calls the engine's API by hand: `POST /containers/x/kill`.
    ///
    /// - Parameter document: JSON.
    @discardableResult
    package func call(_ method: String, _ path: String, _ document: String? = nil) async throws -> String {
        var arguments = [
            "--silent", "--show-error", "--fail-with-body", "--unix-socket", socket, "--noproxy", "*", "--request",
            method,
        ]
        if let document { arguments += ["--header", "Content-Type: application/json", "--data", document] }
        return try await Tool.run("/usr/bin/curl", arguments + ["http://docker\(path)"])
    }

    private func end() async {
        await process.stop([StopStep(SIGTERM, grace: .seconds(90))])
    }

    private func listens() async throws {
        try await eventually("dockerd listens", within: .seconds(120)) {
            if let end = process.exit.value { throw FixtureError("dockerd ended with \(end):\n\(log.suffix(4_000))") }
            guard FileManager.default.fileExists(atPath: socket) else { return false }
            return (try? await call("GET", "/_ping")) == "OK"
        }
    }

    private static func spawn(_ folder: String, _ options: [String]) async throws -> ChildProcess {
        let environment = ProcessInfo.processInfo.environment
        var child = ChildSpecification(
            executable: "\(scripts)/engine.sh",
            arguments: [folder] + options,
            environment: ["PATH": environment["PATH"] ?? "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": folder],
            log: "\(folder)/log"
        )
        child.deathSignal = SIGTERM
        return try await ChildProcess.spawn(child)
    }

    private static var scripts: String {
        // This file lies in Tests/FleetTesting/Docker.
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "deploy/docker").path
    }
}

/// Lends an engine of its own to `body`.
///
/// - Parameter options: More for dockerd.
package func withDockerEngine<Result>(
    _ options: [String] = [],
    _ body: (DockerEngine) async throws -> Result
) async throws -> Result {
    try await withTemporaryDirectory { folder in
        let engine = try await DockerEngine.start(options, in: folder)
        let outcome: Swift.Result<Result, any Error>
        do {
            outcome = .success(try await body(engine))
        } catch {
            outcome = .failure(error)
        }
        await engine.stop()
        return try outcome.get()
    }
}

import Glibc
import Logging
import Metrics
import Model
import NIOCore
import ProviderKit
import Testing

@testable import LocalDriver

/// A data directory, a driver over it, and what tests ask of boxes.
struct LocalFixture: Sendable {
    let configuration: LocalConfiguration
    let driver: LocalDriver

    static func withDriver(
        at directory: String? = nil,
        _ adjust: (inout LocalConfiguration) -> Void = { _ in },
        _ body: (LocalFixture) async throws -> Void
    ) async throws {
        var configuration = try configuration(at: directory ?? temporaryDirectory())
        adjust(&configuration)
        let fixture = try await LocalFixture(configuration)
        do {
            try await body(fixture)
        } catch {
            await fixture.cleanUp()
            throw error
        }
        await fixture.cleanUp()
    }

    init(
        _ configuration: LocalConfiguration,
        metrics: any MetricsFactory = MetricsSystem.factory,
        logger: Logger = Logger(label: "test")
    ) async throws {
        self.configuration = configuration
        driver = try await LocalDriver.start(configuration, metrics: metrics, logger: logger)
    }

    /// A place that any user may walk to, with the daemon in it.
    static func configuration(at directory: String) throws -> LocalConfiguration {
        let daemon = "\(directory)/boxd"
        if HostFile.status(daemon) == nil {
            try FileTree.copy(builtDaemon, to: daemon)
            try #require(chmod(daemon, 0o755) == 0, "build the product boxd first")
        }
        var configuration = LocalConfiguration(
            dataDirectory: "\(directory)/data",
            fleet: newID(),
            daemonPath: daemon
        )
        // One for all tests, as for all fleets of a host: they run at the same time.
        configuration.userRegistry = "/tmp/local-driver-users"
        return configuration
    }

    /// Beside the test's own executable.
    private static var builtDaemon: String {
        let program = HostFile.realPath("/proc/self/exe") ?? ""
        return "/" + program.split(separator: "/").dropLast().joined(separator: "/") + "/boxd"
    }

    static func temporaryDirectory() throws -> String {
        let path = "/tmp/local-driver-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        try HostFile.makeDirectory(path, mode: 0o755)
        return path
    }

    static func newID<Kind>() -> Identifier<Kind> {
        var generator = SystemRandomNumberGenerator()
        return Identifier(at: 1_000, using: &generator)
    }

    /// What is mounted, without the file systems that other tests make of files.
    static func mounts() throws -> [Substring] {
        (try HostFile.text("/proc/self/mountinfo") ?? "").split(separator: "\n").filter { !$0.contains(" - btrfs ") }
    }

    func cleanUp() async {
        for listing in (try? await driver.list()) ?? [] {
            try? await driver.delete(envelope(listing.externalID), epoch: .max)
        }
        await driver.shutdown()
        Self.removeGroups(of: driver.keeper)
        try? FileTree.remove(String(configuration.dataDirectory.dropLast("/data".count)))
    }

    static func removeGroups(of keeper: BoxKeeper) {
        let groups = keeper.capabilities.groups
        for directory in Array(groups.legacy.values) + (groups.unified.map { [$0] } ?? []) { rmdir(directory) }
    }

    func envelope(_ box: String, placement: String? = nil) -> Envelope {
        var state = ["boxId": box, "account": "local"]
        state["placement"] = placement ?? driver.binding.placement
        return Envelope(backendId: "local", sessionState: .init(providerState: state, workspaceReady: true))
    }

    func newTag() -> BoxTag {
        BoxTag(fleet: configuration.fleet, sandbox: Self.newID(), box: Self.newID(), epoch: 1)
    }

    func create(
        _ tag: BoxTag? = nil,
        _ spec: SandboxSpec = SandboxSpec(),
        environment: [String: String] = [:]
    ) async throws -> any Box {
        try await driver.create(BoxCreation(tag: tag ?? newTag(), spec: spec, environment: environment))
    }

    func resume(_ tag: BoxTag, epoch: UInt64, placement: String? = nil) async throws -> any Box {
        try await driver.resume(
            BoxResumption(
                envelope: envelope(tag.box.rawValue, placement: placement),
                sandbox: tag.sandbox,
                epoch: epoch,
                spec: SandboxSpec(),
                environment: [:]
            )
        )
    }

    func record(_ tag: BoxTag) throws -> LocalBoxRecord {
        try #require(try driver.keeper.directory(tag.box).readRecord())
    }

    /// Waits until the files of deleted boxes are gone too.
    func trashIsEmpty() async throws -> Bool {
        for _ in 0..<500 {
            if try HostFile.names(in: configuration.trashDirectory) == [] { return true }
            try await Task.sleep(for: .milliseconds(10))
        }
        return false
    }
}

/// A command that was run to its end, and everything that it wrote.
struct CommandResult {
    var exit: ProcessExit
    var stdout = ByteBuffer()
    var stderr = ByteBuffer()
}

extension BoxProcess {
    /// Takes and acknowledges everything up to the exit, and releases it.
    func collect() async throws -> CommandResult {
        var result = CommandResult(exit: ProcessExit(code: nil, signal: nil))
        while let event = try await next() {
            switch event {
            case .stdout(var bytes, let offset):
                acknowledge(stdout: offset + UInt64(bytes.readableBytes), stderr: 0)
                result.stdout.writeBuffer(&bytes)
            case .stderr(var bytes, let offset):
                acknowledge(stdout: 0, stderr: offset + UInt64(bytes.readableBytes))
                result.stderr.writeBuffer(&bytes)
            case .exited(let exit): result.exit = exit
            }
        }
        release()
        return result
    }
}

extension Box {
    func run(_ command: BoxCommand) async throws -> CommandResult {
        try await start(command).collect()
    }

    /// What a shell script prints; it must succeed.
    func shell(_ script: String) async throws -> String {
        let result = try await result(script)
        let output = String(buffer: result.stdout)
        try #require(result.exit.code == 0, "\(script): \(output)\(String(buffer: result.stderr))")
        return output.hasSuffix("\n") ? String(output.dropLast()) : output
    }

    func result(_ script: String) async throws -> CommandResult {
        let id: ProcessID = LocalFixture.newID()
        return try await run(
            BoxCommand(id: id.rawValue, arguments: ["/bin/sh", "-c", script], timeout: .seconds(60))
        )
    }
}

/// The kind of error that a call fails with; nil when it succeeds.
func failure(_ body: () async throws -> Void) async -> DriverError.Kind? {
    do {
        try await body()
        return nil
    } catch {
        return (error as? DriverError)?.kind
    }
}

let isRoot = geteuid() == 0

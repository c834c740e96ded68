import Fleet
import FoundationEssentials
import Glibc
import NIOConcurrencyHelpers

/// The one Docker engine of this test process: started by the first test that needs it, ended with the process.
package actor SharedDockerEngine {
    package static let instance = SharedDockerEngine()
    private static let prefix = "sandfleet-test-docker-"
    private static let atExit = NIOLockedValueBox<DockerEngine?>(nil)
    private var engine: OneShot<Result<DockerEngine, any Error>>?

    package func running() async throws -> DockerEngine {
        if let engine { return try await engine.wait().get() }
        let engine = OneShot<Result<DockerEngine, any Error>>()
        self.engine = engine
        do {
            engine.resolve(.success(try await Self.start()))
        } catch {
            engine.resolve(.failure(error))
        }
        return try await engine.wait().get()
    }

    private static func start() async throws -> DockerEngine {
        removeAbandoned()
        let folder = "/tmp/\(prefix)\(getpid())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let engine = try await DockerEngine.start(in: folder)
        atExit.withLockedValue { $0 = engine }
        // Tests have no hook for the end of the process. Without this the kernel still ends the engine with us.
        atexit { SharedDockerEngine.end() }
        return engine
    }

    private static func end() {
        guard let engine = atExit.withLockedValue({ $0 }) else { return }
        engine.process.signal(SIGTERM)
        for _ in 0..<3_000 where engine.process.exit.value == nil { usleep(10_000) }
        try? FileManager.default.removeItem(atPath: engine.folder)
    }

    /// Folders of test processes that crashed.
    private static func removeAbandoned() {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/tmp")) ?? []
        for name in names where name.hasPrefix(prefix) {
            guard let pid = pid_t(name.dropFirst(prefix.count)), kill(pid, 0) < 0, errno == ESRCH else { continue }
            try? FileManager.default.removeItem(atPath: "/tmp/\(name)")
        }
    }
}

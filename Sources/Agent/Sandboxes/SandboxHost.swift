import BoxClient
import Bus
import Model
import NIOConcurrencyHelpers
import NIOPosix

/// All sandboxes of this machine, and what they share.
final class SandboxHost: Sendable {
    let paths: AgentPaths
    /// The program of keepers.
    let daemon: String
    let log: ActivityLog
    let jobs: Dispatcher
    let loop: BoxLoop
    /// For calls that block.
    let threads: NIOThreadPool
    let running = RunningProcesses()
    private let settings: NIOLockedValueBox<AgentConfiguration>
    private let sandboxes = NIOLockedValueBox<[SandboxID: Sandbox]>([:])

    init(
        paths: AgentPaths,
        configuration: AgentConfiguration,
        daemon: String,
        log: ActivityLog,
        jobs: Dispatcher
    ) throws {
        self.paths = paths
        self.daemon = daemon
        self.log = log
        self.jobs = jobs
        threads = NIOThreadPool(numberOfThreads: 4)
        threads.start()
        loop = try BoxLoop(fileThreads: threads)
        settings = NIOLockedValueBox(configuration)
    }

    var configuration: AgentConfiguration {
        get { settings.withLockedValue { $0 } }
        set { settings.withLockedValue { $0 = newValue } }
    }

    subscript(id: SandboxID) -> Sandbox {
        sandboxes.withLockedValue { sandboxes in
            if let known = sandboxes[id] { return known }
            let new = Sandbox(id: id, host: self)
            sandboxes[id] = new
            return new
        }
    }

    var all: [Sandbox] { sandboxes.withLockedValue { Array($0.values) } }

    /// Sandboxes with a keeper.
    var openCount: Int { all.count { $0.isOpen } }
    var runningCount: Int { running.count }

    /// Meets the keepers that a former run of the agent has started.
    func recover() {
        for id in LocalFile.names(in: paths.sandboxes).compactMap({ SandboxID($0) }) { _ = self[id] }
    }

    /// Ends what runs in sandboxes that the fleet has deleted, and keeps nothing of them but their files.
    func forget(_ deleted: [SandboxID]) async {
        for sandbox in all where deleted.contains(sandbox.id) {
            do {
                try await sandbox.forget()
                sandboxes.withLockedValue { _ = $0.removeValue(forKey: sandbox.id) }
            } catch {
                // Asked again with the next credentials.
                log.write(
                    "sandbox.not_forgotten",
                    [("sandbox", .string(sandbox.id.rawValue)), ("error", .string("\(error)"))]
                )
            }
        }
    }

    /// Whoever waits for output is answered now: the run is about to end.
    func interruptWaits() {
        for sandbox in all { sandbox.interruptWaits() }
    }

    /// Counts what runs, and lets go of what nobody uses.
    func refresh() async {
        for sandbox in all { await sandbox.refresh() }
    }

    /// Runs a call that blocks.
    func blocking<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await threads.runIfActive(body)
    }
}

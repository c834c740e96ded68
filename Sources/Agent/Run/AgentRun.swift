import Bus
import Glibc
import Logging
import Model
import NIOConcurrencyHelpers
import Wire

/// One run of the agent, from its lock to its goodbye.
final class AgentRun: Sendable {
    private let paths: AgentPaths
    private let identity: AgentIdentity
    private let instance: AgentInstanceID
    private let lock: InstanceLock
    private let log: ActivityLog
    private let status: AgentStatus
    private let host: SandboxHost
    private let server: AgentServer
    private let heart: Heart
    private let link: AgentLink
    private let capabilities: NIOLockedValueBox<WireAgentCapabilities>
    private let spooled = NIOLockedValueBox<UInt64>(0)

    /// - Parameter daemon: The program of keepers.
    init(_ paths: AgentPaths, daemon: String) throws {
        try paths.makeState()
        lock = try InstanceLock(paths)
        self.paths = paths
        let identity = try AgentIdentity.require(paths)
        self.identity = identity
        let configuration = try AgentConfiguration.load(paths)
        try configuration.checkMachine(file: paths.configurationFile)
        let machine = try MachineIdentity.load(paths)
        var generator = SystemRandomNumberGenerator()
        let instance = AgentInstanceID(at: UInt64(Timestamp.milliseconds), using: &generator)
        self.instance = instance
        let log = ActivityLog(path: configuration.logPath ?? paths.log)
        self.log = log
        status = AgentStatus(log: log)
        let host = try SandboxHost(
            paths: paths,
            configuration: configuration,
            daemon: daemon,
            log: log,
            jobs: Dispatcher()
        )
        self.host = host
        let clock = FleetClock(databaseTime: Timestamp.milliseconds)
        let server = AgentServer(host: host, status: status, clock: clock)
        self.server = server
        let capabilities = NIOLockedValueBox(Machine.capabilities(configuration))
        self.capabilities = capabilities
        heart = Heart(instance: instance.rawValue) { [spooled] in
            var load = WireAgentLoad()
            load.sandboxes = UInt32(clamping: host.openCount)
            load.processes = UInt32(clamping: host.runningCount)
            load.operations = UInt32(clamping: server.gate.count)
            load.loadAverage = Machine.loadAverage
            load.memoryFreeBytes = Machine.freeMemory
            load.spooledBytes = spooled.withLockedValue { $0 }
            return (load, capabilities.withLockedValue { $0 })
        }
        var logger = Logger(label: "agent") { _ in SwiftLogNoOpLogHandler() }
        logger.logLevel = .critical
        link = try AgentLink(
            identity: identity,
            instance: instance,
            machine: machine,
            clock: clock,
            status: status,
            heart: heart,
            logger: logger,
            receive: { [server] message, line in server.receive(message, on: line) },
            sandboxes: { host.all.map(\.id) },
            deleted: { sandboxes in host.jobs.enqueue { await host.forget(sandboxes) } }
        )
    }

    /// Runs until it is told to stop.
    func run() async throws {
        // Nothing of ours depends on where we were started from, and a directory that we are in cannot be unmounted.
        chdir("/")
        let signals = Signals()
        try StatusSocket.serve(paths.statusSocket) { [self] in report.readableText }
        log.write(
            "agent.started",
            [
                ("pid", .integer(getpid())), ("instance", .string(instance.rawValue)),
                ("version", .string(AgentVersion.program)),
            ]
        )
        // First: the gateway is asked about them with the first credentials.
        host.recover()
        let outcome = await serve(signals.orders)
        withExtendedLifetime(signals) {}
        host.jobs.finish()
        unlink(paths.statusSocket)
        switch outcome {
        case .success: log.write("agent.stopped")
        case .failure(let error): log.write("agent.stopped", [("error", .string("\(error)"))])
        }
        await log.flush()
        try outcome.get()
    }

    private func serve(_ orders: AsyncStream<Signals.Order>) async -> Result<Void, any Error> {
        await withTaskGroup(of: Result<Void, any Error>?.self) { group in
            group.addTask {
                await self.host.jobs.run()
                return nil
            }
            group.addTask {
                await self.heart.run()
                return nil
            }
            group.addTask {
                await self.keepHouse()
                return nil
            }
            group.addTask {
                do {
                    try await self.link.run()
                    return nil
                } catch is CancellationError {
                    return nil
                } catch {
                    return .failure(error)
                }
            }
            group.addTask {
                for await order in orders {
                    switch order {
                    case .stop: return .success(())
                    case .reload: self.reload()
                    }
                }
                return nil
            }
            var outcome: Result<Void, any Error> = .success(())
            while let ended = await group.next() {
                guard let ended else { continue }
                outcome = ended
                break
            }
            host.interruptWaits()
            await link.leave()
            host.jobs.finish()
            group.cancelAll()
            return outcome
        }
    }

    private func keepHouse() async {
        var tidied = 0
        while !Task.isCancelled {
            await host.refresh()
            let (host, folder) = (host, paths.sandboxes)
            if let size = try? await host.blocking({ Machine.size(of: folder) }) {
                spooled.withLockedValue { $0 = size }
            }
            // What asking for credentials took is of no use for the next minutes.
            let lines = link.lineCount
            if lines != tidied {
                tidied = lines
                _ = try? await host.blocking { ResidentPages.release() }
            }
            // Cancelled at the end of the run.
            try? await Task.sleep(for: Heart.interval)
        }
    }

    /// Takes the configuration as it is now; a wrong one changes nothing.
    private func reload() {
        do {
            let configuration = try AgentConfiguration.load(paths)
            try configuration.checkMachine(file: paths.configurationFile)
            host.configuration = configuration
            capabilities.withLockedValue { $0 = Machine.capabilities(configuration) }
            log.write("configuration.loaded")
            heart.beatNow()
        } catch {
            status.failed("The configuration was not loaded again: \(error.message)")
        }
    }

    private var report: JSON {
        let members: [(String, JSON)] =
            [
                ("pid", .integer(getpid())), ("version", .string(AgentVersion.program)),
                ("agent", .string(identity.agent.rawValue)), ("name", .string(identity.name)),
                ("gateway", .string(identity.gateway)), ("instance", .string(instance.rawValue)),
            ] + status.members + [
                ("sandboxes", .integer(host.openCount)), ("processes", .integer(host.runningCount)),
                ("operations", .integer(server.gate.count)), ("log", .string(log.path)),
                ("logProblem", log.problem.map { .string($0) } ?? .null),
            ]
        return .object(members.map { JSON.Member(name: $0.0, value: $0.1) })
    }
}

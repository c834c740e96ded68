import ArchiveStore
import Bus
import CurlTransport
import Logging
import Model
import NATSClient
package import ServiceHost
import ServiceLifecycle
import Store

/// Looks after what nobody asks about.
///
/// Calls no provider: it asks the owners.
package struct ReaperService: Service {
    let host: ServiceHost
    let version: String

    package init(host: ServiceHost, version: String) {
        self.host = host
        self.version = version
    }

    package func run() async throws {
        let settings = try ReaperSettings(host.settings)
        let archive = try await openArchive(settings)
        let transport = try HTTPTransport(logger: host.logger)
        try await EventStream.ensure(host.bus, host.logger)
        let micro = try MicroService(
            .init(
                name: "reaper",
                id: host.instance,
                version: version,
                description: "Looks after workers, sandboxes, archived output, webhooks and the outbox."
            ),
            endpoints: [],
            bus: host.bus
        )
        let beats = AgentBeats()
        let agents = try beats.listen(on: host.bus)
        try await host.bus.connection.flush()
        try host.announceReady()
        await withDiscardingTaskGroup { group in
            for duty in duties(settings, archive, transport) + [liveness(beats)] {
                group.addTask {
                    // Ends when the process is told to stop; its own failures are its own.
                    try? await DutyRunner(duty: duty, logger: host.logger).run()
                }
            }
        }
        agents.unsubscribe()
        micro.stop()
        await transport.shutdown()
    }

    private func liveness(_ beats: AgentBeats) -> AgentLiveness {
        let bus = host.bus
        return AgentLiveness(beats: beats, store: host.store, actor: "reaper/\(host.instance)") {
            bus.connection.connectedSince
        }
    }

    private func openArchive(_ settings: ReaperSettings) async throws -> DirectoryArchiveStore? {
        guard let path = settings.archive else {
            host.logger.notice("no archive is configured: output is kept for as long as its stream keeps it")
            return nil
        }
        let archive = DirectoryArchiveStore(path)
        try await archive.check()
        return archive
    }

    private func duties(
        _ settings: ReaperSettings,
        _ archive: DirectoryArchiveStore?,
        _ transport: HTTPTransport
    ) -> [any Duty] {
        let client = BusClient(bus: host.bus)
        let actor = "reaper/\(host.instance)"
        let caller = OwnerCaller(client: client, store: host.store, actor: actor, logger: host.logger)
        let duties: [any Duty] = [
            DeadWorkers(client: client, bus: host.bus, store: host.store, logger: host.logger),
            OrphanedSandboxes(caller: caller, store: host.store),
            ExpiredSandboxes(caller: caller, store: host.store, actor: actor),
            IdleSandboxes(caller: caller, store: host.store),
            UnsettledSandboxes(caller: caller, store: host.store),
            UnresolvedBoxes(caller: caller, store: host.store),
            UnattendedProcesses(caller: caller, store: host.store),
            EndingBoxes(caller: caller, store: host.store),
            CheckpointExpiry(store: host.store, actor: actor),
            ForkArchives(store: host.store, actor: actor),
            ForsakenCandidates(store: host.store, actor: actor, logger: host.logger),
            ArchiveCollection(
                client: client,
                store: host.store,
                archive: archive,
                actor: actor,
                logger: host.logger
            ),
            BoxSweep(client: client, store: host.store, mode: settings.sweep, logger: host.logger),
            OutboxRelay(bus: host.bus, store: host.store),
            Webhooks(
                transport: transport,
                store: host.store,
                clock: host.bus.clock,
                logger: host.logger,
                agent: "sandfleet/\(version)"
            ),
            Retention(store: host.store, eventHours: settings.eventHours, archiveHours: settings.archiveHours),
            ProcessRetention(store: host.store, archive: archive, hours: settings.retentionHours),
        ]
        guard let archive else { return duties }
        let mover = OutputMover(bus: host.bus, store: host.store, archive: archive, logger: host.logger)
        return duties + [
            OutputArchiver(
                mover: mover,
                store: host.store,
                logger: host.logger,
                endedFor: settings.archiveAfterSeconds
            ),
            StreamRelief(bus: host.bus, mover: mover, store: host.store, logger: host.logger),
        ]
    }
}

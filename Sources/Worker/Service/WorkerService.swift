import ArchiveStore
import Bus
import Logging
import Model
import NATSClient
import Ownership
import PostgresClient
import ProcessOutput
package import ProviderKit
package import ServiceHost
import ServiceLifecycle
import Store
import Wire

/// A worker: proves that it lives, takes leases of its providers' sandboxes, serves them, and hands them over at the end.
package struct WorkerService: Service {
    let identity: WorkerIdentity
    let host: ServiceHost
    let drivers: [any Driver]
    let settings: WorkerSettings

    package init(identity: WorkerIdentity, host: ServiceHost, drivers: [any Driver], settings: WorkerSettings) {
        self.identity = identity
        self.host = host
        self.drivers = drivers
        self.settings = settings
    }

    package func run() async throws {
        let lockKey = Int64.random(in: 1 ..< .max)
        // Held as long as this process lives; a peer that finds it free has one of two witnesses of our death (rule 3).
        let life = try await LifeLock.take(lockKey, host.postgres, host.logger)
        let vitality = Vitality()
        let sent = ContinuousClock.now
        try await host.store.register(
            WorkerRegistration(
                id: identity.id,
                name: identity.name,
                host: settings.hostName,
                pid: settings.pid,
                version: settings.version,
                providers: drivers.map(\.descriptor.name),
                placement: drivers.compactMap(\.binding.placement).first,
                hostBound: drivers.filter { $0.binding.placement != nil }.map(\.descriptor.name),
                descriptors: try drivers.map(\.descriptor).json,
                lockKey: lockKey
            )
        )
        vitality.confirm(sentAt: sent)
        // Before anything is started whose output could not be stored.
        try await OutputStream.ensure(
            host.bus,
            maximumBytes: settings.outputStreamBytes,
            replicas: settings.outputReplicas,
            logger: host.logger
        )
        let archiver = try await openArchiver()
        let dispatcher = Dispatcher()
        let metrics = ProcessMetrics()
        let keepers = drivers.map { driver in
            LeaseKeeper(
                identity: identity,
                store: host.store,
                driver: driver,
                archiver: archiver,
                workspaceLimits: settings.workspaceLimits,
                bus: host.bus,
                vitality: vitality,
                dispatcher: dispatcher,
                metrics: metrics,
                storedLimit: settings.storedLimit,
                logger: host.logger
            )
        }
        let endpoints = WorkerEndpoints(keepers: keepers, identity: identity, bus: host.bus, dispatcher: dispatcher)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await dispatcher.run() }
            group.addTask { await life.keep() }
            let subscriptions = try endpoints.open()
            let micro = try MicroService(
                .init(
                    name: "worker",
                    id: identity.id.rawValue,
                    version: settings.version,
                    description: "Owns sandboxes and calls their providers.",
                    metadata: [
                        "name": identity.name, "providers": drivers.map(\.descriptor.name).joined(separator: ","),
                    ]
                ),
                endpoints: endpoints.statistics,
                bus: host.bus
            )
            try await host.bus.connection.flush()
            try host.announceReady()
            host.logger.info("serving", metadata: .keyed([.worker: "\(identity.id)"]))

            defer { dispatcher.finish() }
            try await withThrowingTaskGroup(of: Void.self) { beats in
                beats.addTask { try await heartbeats(of: keepers, vitality).run() }
                beats.addTask { try await gracefulShutdown() }
                // Ends in order when it is told to stop, or at once when a heartbeat says that this incarnation is over.
                let end = await beats.nextResult()
                micro.stop()
                for subscription in subscriptions { subscription.unsubscribe() }
                try end?.get()
                // The heart beats on: without it nothing could be saved or given back after a few seconds (rule 4).
                for keeper in keepers {
                    await keeper.handOver(settings.shutdown, grace: settings.shutdownGrace)
                    if settings.shutdown == .drain { await keeper.pauseOrphans() }
                }
                beats.cancelAll()
            }
            dispatcher.finish()
            try await group.waitForAll()
        }
        try await host.store.retire(identity.id)
        for driver in drivers { await driver.shutdown() }
        await life.release()
    }

    private func heartbeats(of keepers: [LeaseKeeper], _ vitality: Vitality) -> HeartbeatService {
        HeartbeatService(
            worker: identity.id,
            store: host.store,
            clock: host.bus.clock,
            vitality: vitality,
            keepers: keepers,
            logger: host.logger
        )
    }

    /// Nil where no archive store is configured; one that is configured has to be there.
    private func openArchiver() async throws -> WorkspaceArchiver? {
        guard let path = settings.archive else { return nil }
        let store = DirectoryArchiveStore(path)
        try await store.check()
        return WorkspaceArchiver(store: store, limits: settings.workspaceLimits)
    }
}

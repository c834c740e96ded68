package import Bus
package import Logging
import Metrics
package import Model
package import PostgresClient
package import PrometheusMetrics
package import ServiceLifecycle
package import Store
import UnixSignals

/// What every service of the fleet stands on: settings, log, metrics, the bus and the database.
package struct ServiceHost: Sendable {
    package let role: BusRole
    package let settings: ServiceSettings
    package let fleet: FleetID
    package let logger: Logger
    package let metrics: PrometheusRegistry
    package let bus: Bus
    /// How the database is reached, for connections beside the pool.
    package let postgres: PostgresConfiguration
    package let pool: PostgresPool
    package let store: Store
    /// Names this run of the process on the bus.
    package let instance: String

    /// Sets the process up and connects it; call it once, first.
    ///
    /// The bus shows the name, as in `worker/local/<host>`; the instance is unique among the role's processes.
    package static func start(
        role: BusRole,
        name: String,
        instance: String,
        settings: ServiceSettings
    ) async throws -> ServiceHost {
        try StandardErrorLog.bootstrap(settings)
        let metrics = PrometheusRegistry()
        MetricsSystem.bootstrap(metrics)
        var logger = Logger(label: role.name)
        logger[.service] = "\(name)"
        let effective = settings.effective(for: role.name).mapValues { Logger.MetadataValue.string($0) }
        logger.info("starting", metadata: .keyed([.setting: .dictionary(effective)]))

        let fleet = try settings.fleet()
        let postgres = try settings.postgres(service: role.name)
        let pool = PostgresPool(postgres, logger: logger)
        let store = Store(pool: pool, sealer: try settings.sealer(), logger: logger)
        let patience = Patience(limit: try settings.milliseconds(.startTimeout), logger: logger)
        do {
            try await patience.insist(on: "the database") {
                try await Store.migrate(postgres, fleet: fleet, logger: logger)
            }
            let clock = FleetClock(databaseTime: try await store.now())
            let configuration = try settings.bus(role: role)
            let bus = try await patience.insist(on: "the bus") {
                try await Bus.connect(
                    configuration,
                    role: role,
                    name: name,
                    instance: instance,
                    clock: clock,
                    logger: logger
                )
            }
            return ServiceHost(
                role: role,
                settings: settings,
                fleet: fleet,
                logger: logger,
                metrics: metrics,
                bus: bus,
                postgres: postgres,
                pool: pool,
                store: store,
                instance: instance
            )
        } catch {
            await pool.shutdown()
            throw error
        }
    }

    /// Runs the services until SIGTERM or SIGINT, then stops them in reverse order and lets go of bus and database.
    package func run(_ services: [any Service]) async throws {
        var configuration = ServiceGroupConfiguration(
            services: [ClockKeeper(store: store, clock: bus.clock, logger: logger)] + services,
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger
        )
        configuration.maximumGracefulShutdownDuration = try settings.milliseconds(.stopTimeout)
        let outcome: Result<Void, any Error>
        do {
            try await ServiceGroup(configuration: configuration).run()
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        await bus.drain()
        await pool.shutdown()
        logger.info("stopped")
        try outcome.get()
    }

    /// Tells whoever started the process that it serves, by the file that it was given for that.
    package func announceReady() throws(ServiceHostError) {
        guard let path = settings.optional(.readyFile) else { return }
        try ReadyFile.make(path)
    }
}

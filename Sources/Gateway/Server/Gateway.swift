import ArchiveStore
package import Bus
import FoundationEssentials
package import Hummingbird
package import Logging
import Model
import NIOCore
package import ProcessOutput
package import PrometheusMetrics
package import ServiceHost
package import ServiceLifecycle
package import Store

/// The gateway put together: what it stands on, its controllers, its server.
package struct Gateway: Sendable {
    package let table: RouteTable
    package let authenticator: Authenticator
    /// What has to run beside the server.
    package let services: [any Service]
    private let settings: GatewaySettings

    package init(
        settings: GatewaySettings,
        store: Store,
        processes: Processes,
        bus: any SandboxBus,
        authenticator: Authenticator,
        readiness: Readiness,
        metrics: PrometheusRegistry,
        agents: AgentAccess,
        discover: @escaping @Sendable () async throws -> [DiscoveredService] = { [] },
        logger: Logger
    ) {
        self.settings = settings
        self.authenticator = authenticator
        let caller = SandboxCaller(bus: bus, acquireTimeout: settings.acquireTimeout) { sandbox, workspace in
            try await store.sandbox(sandbox, in: workspace).map { SandboxStanding($0) }
        }
        let lifecycle = SandboxLifecycle(store: store, caller: caller, acquireTimeout: settings.acquireTimeout)
        let creation = SandboxCreation(store: store, lifecycle: lifecycle)
        let checkpoints = CheckpointCalls(store: store, caller: caller)
        let body = JSONBody(limit: settings.jsonLimit)
        let rows = processes.rows
        let ended = EndedProcesses(signals: processes.signals, logger: logger) { process, workspace in
            try await rows.process(process, in: workspace)
        }
        let feeders = InputFeeders()
        let calls = ProcessCalls(
            caller: caller,
            rows: rows,
            feeders: feeders,
            callTimeout: settings.callTimeout,
            acquireTimeout: settings.acquireTimeout
        )
        services = [ended, feeders]
        table = RouteTable(
            routes: SandboxesController(
                store: store,
                caller: caller,
                lifecycle: lifecycle,
                creation: creation,
                checkpoints: checkpoints,
                body: body,
                settings: settings
            )
            .routes
                + CheckpointsController(store: store, calls: checkpoints, lifecycle: lifecycle, body: body).routes
                + ForksController(store: store, checkpoints: checkpoints, creation: creation, body: body).routes
                + WorkspaceController(caller: caller, settings: settings).routes
                + HistoryController(store: store).routes
                + CommandsController(
                    calls: calls,
                    ended: ended,
                    output: processes.output,
                    body: body,
                    settings: settings
                )
                .routes
                + ProcessesController(
                    calls: calls,
                    ended: ended,
                    output: processes.output,
                    body: body,
                    settings: settings,
                    isThere: { try await store.sandbox($0, in: $1) != nil }
                )
                .routes
                + ObservedController(
                    rows: rows,
                    output: processes.output,
                    signals: processes.signals,
                    body: body,
                    settings: settings
                )
                .routes
                + FilesController(caller: caller, settings: settings).routes
                + KeysController(store: store, authenticator: authenticator, body: body).routes
                + AgentsController(store: store, authority: agents.authority, body: body).routes
                + EnrollmentsController(store: store, authority: agents.authority, body: body).routes
                + AgentSessionsController(
                    store: store,
                    authority: agents.authority,
                    challenges: AgentChallenge(key: store.derivedKey(for: "agent-challenge")),
                    body: body,
                    limit: SourceLimit(perMinute: settings.openPerMinute),
                    proxies: settings.trustedProxies,
                    natsURLs: agents.natsURLs,
                    now: agents.now
                )
                .routes
                + FleetController(store: store, services: discover).routes
                + SweepController(store: store, bus: bus, body: body, settings: settings).routes
                + ProvidersController(store: store, fallback: settings.defaultProvider).routes
                + HealthController(readiness: readiness, metrics: metrics).routes
                + OpenAPIController().routes
        )
    }

    package func application(
        logger: Logger,
        onReady: @escaping @Sendable (Int?) async -> Void = { _ in }
    ) -> some ApplicationProtocol {
        GatewayServer.application(
            table: table,
            authenticator: authenticator,
            address: settings.listen,
            idleTimeout: settings.connectionIdle,
            logger: logger,
            onReady: onReady
        )
    }

    /// Runs a gateway until it is told to stop.
    package static func run(configurationFile: String?) async throws {
        let host = try await ServiceHost.start(
            role: .gateway,
            name: "gateway/\(ProcessInfo.processInfo.hostName)",
            instance: ID.new(of: Kind.Operation.self).rawValue,
            settings: try await ServiceSettings(file: configurationFile)
        )
        try await host.ensureFirstKey()
        let settings = try GatewaySettings(host.settings)
        let hub = OutputHub(bus: host.bus, logger: host.logger)
        let authority = try AuthorityKeeper(host)
        let gateway = Gateway(host, settings, hub, authority.authority)
        // Stopped in reverse order: those who wait are told first.
        try await host.run(
            [OutputFanOut(hub: hub), authority] + gateway.services
                + [GatewayPresence(host: host), gateway.application(logger: host.logger)]
        )
    }

    /// The gateway of a connected process.
    package init(
        _ host: ServiceHost,
        _ settings: GatewaySettings,
        _ hub: OutputHub,
        _ authority: AccountAuthority
    ) {
        let store = host.store
        let bus = host.bus
        self.init(
            settings: settings,
            store: store,
            processes: Processes(
                rows: store,
                output: StoredOutput(
                    bus: bus,
                    hub: hub,
                    archive: ArchivedSegments(settings.archive.map { DirectoryArchiveStore($0) }),
                    logger: host.logger,
                    segments: { try await store.segments(of: $0) }
                ),
                signals: bus
            ),
            bus: BusClient(bus: bus),
            authenticator: Authenticator { try await store.authenticate(hash: $0) },
            readiness: Readiness([
                ("postgres", { try await store.ping() }),
                ("nats", { try await bus.ping() }),
            ]),
            metrics: host.metrics,
            agents: AgentAccess(authority: authority, natsURLs: settings.agentNATSURLs) { bus.clock.now },
            discover: { try await bus.discoverServices() },
            logger: host.logger
        )
    }
}

/// What the gateway needs to know of processes.
package struct Processes: Sendable {
    package var rows: any ProcessRows
    package var output: any OutputSource
    package var signals: any EndSignals

    package init(rows: any ProcessRows, output: any OutputSource, signals: any EndSignals) {
        self.rows = rows
        self.output = output
        self.signals = signals
    }
}

/// What the gateway needs to let agents in.
package struct AgentAccess: Sendable {
    package var authority: AccountAuthority
    /// Servers of the bus, as agents reach them.
    package var natsURLs: [String]
    /// The database's time, in Unix milliseconds.
    package var now: @Sendable () -> Int64

    package init(authority: AccountAuthority, natsURLs: [String], now: @escaping @Sendable () -> Int64) {
        self.authority = authority
        self.natsURLs = natsURLs
        self.now = now
    }
}

/// Runs the fan-out of output for as long as the gateway runs.
struct OutputFanOut: Service {
    let hub: OutputHub

    func run() async {
        await cancelWhenGracefulShutdown { await hub.run() }
    }
}

extension ServiceHost {
    /// Makes the configured key valid, so that there is one to make others with.
    func ensureFirstKey() async throws {
        guard let secret = try settings.secret(.apiKey, orFile: .apiKeyFile) else { return }
        try await store.ensureKey(
            ID.new(),
            name: "first",
            scope: .admin,
            hash: APIKey.hash(of: secret),
            workspace: Workspace(id: ID.new(), name: try settings.string(.apiWorkspace))
        )
    }
}

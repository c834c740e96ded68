import Glibc
import Model
import NATSIdentity

/// A whole fleet under one data directory: nats-server, Postgres, gateway, workers and reaper, kept running by us.
package actor EmbeddedFleet {
    let configuration: FleetConfiguration
    let directory: DataDirectory
    let executables: ServiceExecutables
    let identity: FleetIdentity
    let listen: ListenAddress
    /// Every gateway's name and address, the first one's too.
    let gateways: [(name: String, address: ListenAddress)]
    let nats: NATSServer
    let postgres: PostgresCluster
    let outputBytes: Int64
    private let lock: DataDirectoryLock
    private let progress: @Sendable (String) -> Void
    private let hurry: OneShot<Void>
    private var supervisors: [ServiceSupervisor] = []
    private var pids: [String: Int32] = [:]
    private var isPublished = false

    /// Takes the data directory, ends what a killed predecessor left in it, and finds all programs and ports.
    ///
    /// Once `hurry` resolves, a stop no longer waits for services to finish their work; the servers that hold data are
    /// still waited for. `progress` gets one line for every step that a user may wait for.
    package init(
        _ configuration: FleetConfiguration,
        hurry: OneShot<Void> = OneShot(),
        progress: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws {
        self.configuration = configuration
        self.hurry = hurry
        self.progress = progress
        executables = try ServiceExecutables(folder: configuration.executables)
        let natsServer = try NATSServer.locate()
        directory = try DataDirectory(creating: configuration.data)
        lock = try DataDirectoryLock(directory)
        let installation = try PostgresInstallation.locate(major: PostgresCluster.madeBy(folder: directory.postgres))
        for name in await Leftovers(directory: directory).end(order: Self.names(configuration)) {
            progress("Ended \(name), left over from an earlier run")
        }
        listen = try configuration.listen.claimed()
        gateways = try Self.gatewayAddresses(configuration, first: listen, directory)
        identity = try FleetIdentity(directory, roles: configuration.roles)
        outputBytes = try OutputShare.kept(in: directory)
        if try JetStreamMove.run(store: directory.jetStream, to: identity.nats.account.text) {
            progress("Moved the streams of the bus to an account of their own")
        }
        nats = try Self.natsServer(natsServer, configuration, directory, identity)
        postgres = try PostgresCluster(
            folder: directory.postgres,
            installation: installation,
            account: Account.unprivileged(),
            port: FreePort.kept(in: directory.portRecord("postgres")),
            log: directory.log("postgres")
        )
    }

    private var disk: BoxDisk { BoxDisk(directory: directory, size: configuration.boxDisk) }

    /// The data directory, as an absolute path.
    package nonisolated var data: String { directory.path }

    /// Starts everything, calls `whenReady`, and stops everything in order once `stop` resolves.
    ///
    /// The wish to stop may come while the fleet is still starting.
    package func run(
        until stop: OneShot<Void>,
        whenReady: @Sendable (FleetDocument) async throws -> Void
    ) async throws {
        let layers = [[postgresService(), natsService()], workerServices() + reaperServices() + gatewayServices()]
        let layered = layers.map { $0.map(supervisor) }
        supervisors = Self.stopOrder(layered.flatMap(\.self), Self.names(configuration))
        let all = supervisors
        try await withThrowingTaskGroup(of: Void.self) { group in
            for supervisor in all { group.addTask { await supervisor.keepAlive() } }
            let outcome: Result<Void, any Error>
            do {
                if let line = try await disk.prepare() { progress(line) }
                try await start(layered, until: stop)
                try await whenReady(publish())
                await stop.wait()
                outcome = .success(())
            } catch {
                outcome = .failure(error)
            }
            unlink(directory.document)
            isPublished = false
            for supervisor in all { await supervisor.stop() }
            try await group.waitForAll()
            if let line = await disk.release() { progress(line) }
            try outcome.get()
        }
    }

    private func start(_ layers: [[ServiceSupervisor]], until stop: OneShot<Void>) async throws {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                while !Task.isCancelled {
                    if await stop.wait(for: .milliseconds(100)) != nil {
                        throw FleetError(.interrupted, "Stopped before the fleet was ready.")
                    }
                }
                return false
            }
            group.addTask {
                try await self.startLayers(layers)
                return true
            }
            // The first to end decides; the other is cancelled, and the group waits for it.
            defer { group.cancelAll() }
            _ = try await group.next()
        }
    }

    private func startLayers(_ layers: [[ServiceSupervisor]]) async throws {
        await postgres.clearLeftover()
        let environment = toolEnvironment
        if !postgres.exists {
            progress("Making the database (first start)")
            try await postgres.create(password: identity.postgresPassword, environment: environment)
        }
        for (index, layer) in layers.enumerated() {
            progress("Starting \(layer.map(\.service.name).joined(separator: ", "))")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for supervisor in layer { group.addTask { try await supervisor.start() } }
                try await group.waitForAll()
            }
            if index == 0 { try await bootstrap(postgresURL: postgres.localURL(password: identity.postgresPassword)) }
        }
    }

    private func supervisor(_ service: SupervisedService) -> ServiceSupervisor {
        ServiceSupervisor(service, in: directory, hurry: hurry) { [weak self] name, event in
            await self?.note(name, event)
        }
    }

    private func note(_ name: String, _ event: ServiceEvent) {
        switch event {
        case .ready(let pid):
            pids[name] = pid
            if isPublished {
                progress("Restarted \(name)")
                rewrite()
            }
        case .ended(let status, let pause):
            pids[name] = nil
            progress("\(name) ended with \(status); restarting it in \(pause) (log: \(directory.log(name)))")
            if isPublished { rewrite() }
        case .restartFailed(let reason, let pause):
            progress("\(name) did not come back, next try in \(pause): \(reason)")
        case .stopped:
            pids[name] = nil
            progress("Stopped \(name)")
        }
    }

    private func publish() throws -> FleetDocument {
        isPublished = true
        let document = try document()
        try document.write(to: directory.document)
        return document
    }

    private func rewrite() {
        do {
            try document().write(to: directory.document)
        } catch {
            progress("Cannot rewrite \(directory.document): \(error)")
        }
    }

    private func document() throws -> FleetDocument {
        let order = supervisors.map(\.service.name)
        return FleetDocument(
            url: listen.url,
            apiKey: identity.apiKey,
            nats: .init(
                url: nats.url,
                credentials: identity.nats.credentialsFile(NATSRole.adminName)
            ),
            postgres: .init(url: postgres.url(password: identity.postgresPassword)),
            services: order.compactMap { name in
                pids[name]
                    .map { pid in
                        .init(name: name, pid: pid, url: gateways.first { $0.name == name }?.address.url)
                    }
            }
        )
    }
}

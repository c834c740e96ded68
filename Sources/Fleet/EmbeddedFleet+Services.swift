import FoundationEssentials
import Glibc
import Model
import NATSIdentity

extension EmbeddedFleet {
    /// All services in the order in which they go down: first nobody asks any more, then nobody works, then nothing is
    /// stored.
    static func names(_ configuration: FleetConfiguration) -> [String] {
        numbered("gateway", configuration.gateways) + numbered("worker", configuration.workers)
            + numbered("reaper", configuration.reapers) + ["nats", "postgres"]
    }

    static func stopOrder(_ supervisors: [ServiceSupervisor], _ names: [String]) -> [ServiceSupervisor] {
        names.compactMap { name in supervisors.first { $0.service.name == name } }
    }

    /// The first of a kind has its plain name, so that the usual fleet has the usual names; the others are numbered.
    private static func numbered(_ kind: String, _ count: Int) -> [String] {
        (1...max(1, count)).map { $0 == 1 ? kind : "\(kind)-\($0)" }
    }

    /// The first gateway listens where the user said; the others on the same host, on ports that stay theirs.
    static func gatewayAddresses(
        _ configuration: FleetConfiguration,
        first: ListenAddress,
        _ directory: DataDirectory
    ) throws -> [(name: String, address: ListenAddress)] {
        try numbered("gateway", configuration.gateways).enumerated()
            .map { index, name in
                guard index > 0 else { return (name, first) }
                let port = try FreePort.kept(in: directory.portRecord(name), on: first.host)
                return (name, ListenAddress(host: first.host, port: port))
            }
    }

    static func natsServer(
        _ executable: String,
        _ configuration: FleetConfiguration,
        _ directory: DataDirectory,
        _ identity: FleetIdentity
    ) throws -> NATSServer {
        for role in configuration.roles {
            // Of a fleet that was made when users had passwords.
            unlink(directory.key("nats-\(role.name).password"))
        }
        let address = try configuration.agents?.claimed(option: "--agents")
        return NATSServer(
            executable: executable,
            configuration: NATSServerConfiguration(
                serverName: "sandfleet-\(identity.fleet)",
                host: address?.host ?? "127.0.0.1",
                port: try address?.port ?? FreePort.kept(in: directory.portRecord("nats")),
                access: .accounts(identity.nats.accounts(directory: directory.natsAccounts)),
                jetStream: .init(directory: directory.jetStream)
            ),
            configurationFile: directory.natsConfiguration,
            log: directory.log("nats")
        )
    }

    func natsService() -> SupervisedService {
        let nats = nats
        let environment = toolEnvironment
        return SupervisedService(name: "nats", stopSteps: NATSServer.stopSteps) { _ in
            await nats.isServing()
        } prepare: {
            try nats.specification(environment: environment)
        }
    }

    func postgresService() -> SupervisedService {
        let postgres = postgres
        let environment = toolEnvironment
        // After a crash it replays what it wrote ahead before it accepts anybody.
        return SupervisedService(name: "postgres", readyTimeout: .seconds(120), stopSteps: PostgresCluster.stopSteps) {
            await postgres.isServing($0)
        } prepare: {
            postgres.server(environment: environment)
        }
    }

    func gatewayServices() -> [SupervisedService] {
        gateways.map { name, address in
            let child = ownService(name, executables.gateway, role: "gateway") {
                $0[ServiceEnvironment.listen] = address.description
                $0[ServiceEnvironment.apiKeyFile] = identity.apiKeyFile
                $0[ServiceEnvironment.natsOperatorKeyFile] = identity.nats.signingKeyFile
                $0[ServiceEnvironment.natsSystemCredentials] = identity.nats.systemCredentialsFile
                $0[ServiceEnvironment.natsAccount] = identity.nats.account.text
                // The user's own setting stands: only a user knows the names that others have for this machine.
                if let url = agentURL, ($0[ServiceEnvironment.agentNATSURL] ?? "").isEmpty {
                    $0[ServiceEnvironment.agentNATSURL] = url
                }
                // The user's own setting stands.
                if ($0[ServiceEnvironment.defaultProvider] ?? "").isEmpty {
                    $0[ServiceEnvironment.defaultProvider] = "local"
                }
                $0[ServiceEnvironment.archive] = directory.archive
            }
            return SupervisedService(name: name, stopSteps: [StopStep(SIGTERM, grace: .seconds(20))]) { _ in
                await Greeting.httpStatus(address, path: "/readyz") == 200
            } prepare: {
                child
            }
        }
    }

    func workerServices() -> [SupervisedService] {
        Self.numbered("worker", configuration.workers)
            .map { name in
                // It may have boxes to stop or to hand over.
                marking(name, executables.worker, role: "worker", grace: .seconds(60)) {
                    $0[ServiceEnvironment.workerName] = name
                    // The user's own setting stands.
                    if ($0[ServiceEnvironment.providers] ?? "").isEmpty {
                        $0[ServiceEnvironment.providers] = OfferedProviders.list($0)
                    }
                    $0[ServiceEnvironment.boxd] = executables.boxd
                    // A fleet that was stopped leaves nothing running; the boxes keep their files.
                    $0[ServiceEnvironment.workerOnStop] = "drain"
                    $0[ServiceEnvironment.data] = directory.boxes
                    $0[ServiceEnvironment.archive] = directory.archive
                    // The user's own setting stands.
                    if ($0[ServiceEnvironment.outputBytes] ?? "").isEmpty {
                        $0[ServiceEnvironment.outputBytes] = "\(outputBytes)"
                    }
                }
            }
    }

    func reaperServices() -> [SupervisedService] {
        Self.numbered("reaper", configuration.reapers)
            .map { name in
                marking(name, executables.reaper, role: "reaper", grace: .seconds(15)) {
                    $0[ServiceEnvironment.archive] = directory.archive
                }
            }
    }

    /// The URL of the bus that agents are told; nil where it is for this machine alone.
    private var agentURL: String? {
        guard let agents = configuration.agents else { return nil }
        guard agents.isWildcard else { return nats.url }
        return "nats://\(ProcessInfo.processInfo.hostName):\(nats.configuration.port)"
    }

    /// The environment of programs that are not ours.
    var toolEnvironment: [String: String] {
        let kept = ProcessInfo.processInfo.environment.filter { ["PATH", "TZ", "HOME"].contains($0.key) }
        return kept.merging([ServiceEnvironment.supervisor: directory.path]) { _, own in own }
    }

    /// A service that makes a file when it serves.
    private func marking(
        _ name: String,
        _ executable: String,
        role: String,
        grace: Duration,
        _ configure: (inout [String: String]) -> Void
    ) -> SupervisedService {
        let mark = directory.readyMark(name)
        let child = ownService(name, executable, role: role) {
            $0[ServiceEnvironment.readyFile] = mark
            configure(&$0)
        }
        return SupervisedService(name: name, stopSteps: [StopStep(SIGTERM, grace: grace)]) { _ in
            access(mark, F_OK) == 0
        } prepare: {
            child
        }
    }

    private func ownService(
        _ name: String,
        _ executable: String,
        role: String,
        _ configure: (inout [String: String]) -> Void
    ) -> ChildSpecification {
        // Settings of the user, such as a log level or a provider's credentials, reach the services.
        var environment = ProcessInfo.processInfo.environment
        for name in ServiceEnvironment.withheld { environment[name] = nil }
        environment[ServiceEnvironment.supervisor] = directory.path
        environment[ServiceEnvironment.fleetID] = identity.fleet.rawValue
        environment[ServiceEnvironment.natsURL] = nats.url
        environment[ServiceEnvironment.natsCredentials] = identity.nats.credentialsFile(role)
        environment[ServiceEnvironment.postgresURL] = postgres.localURL(password: identity.postgresPassword)
        environment[ServiceEnvironment.sealingKeyFile] = identity.sealingKeyFile
        configure(&environment)
        return ChildSpecification(executable: executable, environment: environment, log: directory.log(name))
    }
}

import BoxClient
import BoxSession
package import Logging
package import Model
package import ProviderKit

/// Boxes that are containers of one Docker engine, each with our daemon in it.
package final class DockerDriver: Driver {
    package static let name = "docker"

    package let descriptor: Descriptor
    let engine: Engine
    let containers: ContainerKeeper
    let configuration: DockerConfiguration
    private let loop: BoxLoop
    let logger: Logger

    package var binding: Binding { engine.binding }

    /// Meets the engine, and finds out what it can do.
    ///
    /// - Throws: `invalid` and `unsupported` with what has to be changed; `transient` while nobody answers.
    package static func start(
        _ configuration: DockerConfiguration,
        logger: Logger
    ) async throws(DriverError) -> DockerDriver {
        let program = try DaemonProgram.load(path: configuration.daemonPath)
        let engine = try await Engine.meet(configuration.endpoint, logger: logger)
        if let machine = engine.document.machine, machine != program.machine {
            throw DriverError(
                .unsupported,
                "The engine's processors are \(machine), and the boxd that goes along is for \(program.machine)."
            )
        }
        let hasNetwork = try await engine.hasNetwork(configuration.network)
        if !hasNetwork {
            logger.warning(
                "the engine has no such network: boxes get none",
                metadata: ["network": "\(configuration.network)", "variable": "SANDBOX_DOCKER_NETWORK"]
            )
        }
        let loop: BoxLoop
        do {
            loop = try BoxLoop()
        } catch {
            throw DriverError(.transient, "There is no room for another loop: \(error)")
        }
        return DockerDriver(engine, configuration, program, loop, hasNetwork: hasNetwork, logger)
    }

    private init(
        _ engine: Engine,
        _ configuration: DockerConfiguration,
        _ program: DaemonProgram,
        _ loop: BoxLoop,
        hasNetwork: Bool,
        _ logger: Logger
    ) {
        self.engine = engine
        self.configuration = configuration
        self.loop = loop
        self.logger = logger
        containers = ContainerKeeper(
            engine: engine,
            configuration: configuration,
            provisioning: Provisioning(engine: engine, program: program),
            images: ImageKeeper(engine: engine, configuration: configuration, logger: logger)
        )
        descriptor = .docker(engine.document, configuration, hasNetwork: hasNetwork)
    }

    package func create(_ creation: BoxCreation) async throws(DriverError) -> any Box {
        try descriptor.refuseUnsupported(in: creation.spec)
        let source = try await source(of: creation)
        let container = try await containers.create(creation, from: source)
        return try await connect(
            container,
            sandbox: creation.tag.sandbox,
            epoch: creation.tag.epoch,
            ports: creation.spec.ports,
            environment: creation.environment
        )
    }

    package func resume(_ resumption: BoxResumption) async throws(DriverError) -> any Box {
        let id = try identify(resumption.envelope)
        let container = try await proven { () throws(DriverError) in
            let found = try await engine.inspect(id, of: resumption.envelope)
            guard let tag = Labels.tag(found.labels), tag.sandbox == resumption.sandbox else {
                throw DriverError(.conflict, "The container belongs to another sandbox.")
            }
            try await EpochRecord.check(resumption.epoch, of: resumption.sandbox, in: id, engine)
            let container = try await containers.bringUp(
                id,
                of: resumption.envelope,
                attaches: resumption.spec.networkPolicy == .full
            )
            return containers.running(container, resumption.spec.ports)
        }
        return try await connect(
            container,
            sandbox: resumption.sandbox,
            epoch: resumption.epoch,
            ports: resumption.spec.ports,
            environment: resumption.environment
        )
    }

    package func stop(_ envelope: Envelope, epoch: UInt64) async throws(DriverError) {
        let id = try identify(envelope)
        try await proven { () throws(DriverError) in
            try await checkEpoch(epoch, of: try await engine.inspect(id, of: envelope))
            try await containers.stop(envelope, id)
        }
    }

    package func delete(_ envelope: Envelope, epoch: UInt64) async throws(DriverError) {
        let id = try identify(envelope)
        let image: String
        do throws(DriverError) {
            image = try await proven { () throws(DriverError) in
                let found = try await engine.inspect(id, of: envelope)
                try await checkEpoch(epoch, of: found)
                return found.image
            }
        } catch {
            guard error.kind == .gone else { throw error }
            return
        }
        try await proven { () throws(DriverError) in try await containers.remove(envelope, id) }
        await tidy(image)
    }

    package func list() async throws(DriverError) -> [BoxListing] {
        try await engine.list(labelled: "\(Labels.fleet)=\(configuration.fleet)")
            .map { container in
                BoxListing(
                    externalID: container.id,
                    tag: Labels.tag(container.labels),
                    isRunning: ObservedState<ContainerState>(container.state).meaning == .running
                )
            }
    }

    package func shutdown() async {
        await engine.shutdown()
    }

    /// The id of an envelope's container, if it is one of this engine's.
    func identify(_ envelope: Envelope) throws(DriverError) -> String {
        guard envelope.backendId == Self.name, let id = envelope.boxId, !id.isEmpty else {
            throw DriverError(.invalid, "The envelope does not name a container.")
        }
        if let obstacle = binding.obstacle(to: envelope) { throw obstacle }
        return id
    }

    /// Calls, and believes that a box is gone only when it is still the same engine that says so.
    func proven<Value>(_ body: () async throws(DriverError) -> Value) async throws(DriverError) -> Value {
        do throws(DriverError) {
            return try await body()
        } catch {
            if error.kind == .gone, try await !engine.isTheSame() {
                throw DriverError(.placementOffline, "Another engine answers than the one that has the box.")
            }
            throw error
        }
    }

    private func checkEpoch(_ epoch: UInt64, of container: ContainerDocument) async throws(DriverError) {
        guard let tag = Labels.tag(container.labels) else { return }
        try await EpochRecord.check(epoch, of: tag.sandbox, in: container.id, engine)
    }

    /// Speaks with the daemon of a running container.
    private func connect(
        _ container: RunningContainer,
        sandbox: SandboxID,
        epoch: UInt64,
        ports: [Int],
        environment: [String: String]
    ) async throws(DriverError) -> any Box {
        let envelope = binding.envelope(
            provider: Self.name,
            box: container.id,
            other: container.endpoints,
            ports: ports
        )
        // The relay may be missing for a moment while another owner puts it in, or stop with its container.
        var triesLeft = 3
        while true {
            triesLeft -= 1
            do throws(DriverError) {
                return try await connect(container.id, envelope, sandbox, epoch, environment)
            } catch {
                guard error.kind == .transient, triesLeft > 0, !Task.isCancelled else { throw error }
                _ = try await proven { () throws(DriverError) in
                    try await containers.bringUp(container.id, of: envelope, attaches: false)
                }
            }
        }
    }

    private func connect(
        _ container: String,
        _ envelope: Envelope,
        _ sandbox: SandboxID,
        _ epoch: UInt64,
        _ environment: [String: String]
    ) async throws(DriverError) -> DaemonBox {
        let command = DaemonProgram.relayArguments(
            path: containers.provisioning.path,
            directory: BoxPlaces.daemon,
            sandbox: sandbox,
            workspace: BoxPlaces.workspace
        )
        let channel = try await engine.exec(command, in: container)
        do throws(DriverError) {
            return try await DaemonBox.connect(
                over: channel,
                envelope: envelope,
                liveness: configuration.liveness,
                sandbox: sandbox,
                epoch: epoch,
                environment: environment,
                ports: { port throws(DriverError) in
                    try PortAddress.known(to: envelope, port: port, key: "port.", scheme: "http://")
                },
                loop: loop,
                timeout: configuration.startTimeout
            )
        } catch {
            // What the relay complained about may be the reason.
            let said = channel.complaints.split(whereSeparator: \.isNewline).joined(separator: "; ")
            throw error.kind == .transient && !said.isEmpty
                ? DriverError(error.kind, "\(error.message): \(said)") : error
        }
    }
}

import Model
import ProviderKit

/// Makes, starts, stops and removes the containers of boxes.
struct ContainerKeeper: Sendable {
    private typealias Look<Value: Sendable> = BoundedWait<ContinuousClock>.Look<Value>

    let engine: Engine
    let configuration: DockerConfiguration
    let provisioning: Provisioning
    let images: ImageKeeper

    /// A container is named after the row of its box, so there are never two.
    static func name(of box: BoxID) -> String { "sandfleet-\(box)" }

    /// Makes the container of a box, or finds the one that was made before, and has it run.
    func create(
        _ creation: BoxCreation,
        from source: ImageDocument?
    ) async throws(DriverError) -> RunningContainer {
        let name = Self.name(of: creation.tag.box)
        let volumes = try BoxVolume.all(of: creation, configuration)
        let image: ImageDocument
        do throws(DriverError) {
            if let source { image = source } else { image = try await images.obtain(creation.spec.image) }
        } catch {
            // One that was made before needs its image no more.
            guard let known = try await engine.find(name) else { throw error }
            return try await adopt(known, creation)
        }
        let request = try ContainerRequest(
            creation,
            configuration,
            image: image.id,
            program: provisioning.path,
            volumes: volumes
        )
        let id: String
        do throws(DriverError) {
            id = try await engine.make(request, named: name)
        } catch {
            return try await adopt(try await made(name, despite: error), creation)
        }
        let attaches = creation.spec.networkPolicy == .full
        if try await begins(NewContainer(id, request, image), attaches: attaches), creation.spec.ports.isEmpty {
            return RunningContainer(id: id, endpoints: [:])
        }
        return running(try await bringUp(id, of: nil, attaches: attaches), creation.spec.ports)
    }

    /// Fills a container that was made now, and starts it.
    ///
    /// - Returns: False where nobody knows what of it was done.
    private func begins(_ container: NewContainer, attaches: Bool) async throws(DriverError) -> Bool {
        do throws(DriverError) {
            try await provisioning.fill(container)
            if attaches { try await attachNetworks(container.id, having: [configuration.network]) }
            try await engine.start(container.id)
            return true
        } catch {
            guard [.transient, .timeout, .conflict].contains(error.kind) else { throw error }
            return false
        }
    }

    func running(_ container: ContainerDocument, _ ports: [Int]) -> RunningContainer {
        RunningContainer(id: container.id, endpoints: endpoints(of: container, ports))
    }

    /// The container that somebody else has made, or an earlier try whose answer was lost.
    private func made(_ name: String, despite error: DriverError) async throws(DriverError) -> ContainerDocument {
        switch error.kind {
        case .conflict:
            let wait = BoundedWait(limit: .seconds(30), clock: ContinuousClock())
            return try await wait.until("the container \(name)") { () throws(DriverError) -> Look<ContainerDocument> in
                guard let found = try await engine.find(name) else { return .notYet("its name is taken") }
                return .ready(found)
            }
        case .timeout:
            // Where it is not, it may still come.
            guard let found = try await engine.find(name) else { throw error }
            return found
        default: throw error
        }
    }

    private func adopt(
        _ found: ContainerDocument,
        _ creation: BoxCreation
    ) async throws(DriverError) -> RunningContainer {
        guard let tag = Labels.tag(found.labels), tag.fleet == creation.tag.fleet,
            tag.sandbox == creation.tag.sandbox, tag.box == creation.tag.box
        else { throw DriverError(.conflict, "A container of this name belongs to another sandbox.") }
        let container = try await bringUp(found.id, of: nil, attaches: creation.spec.networkPolicy == .full)
        return running(container, creation.spec.ports)
    }

    /// Has a container run that has everything it needs.
    ///
    /// - Parameters:
    ///   - box: Whose container it is; nil for one that was made or found just now.
    ///   - attaches: Whether it may use the network.
    func bringUp(
        _ id: String,
        of box: Envelope?,
        attaches: Bool
    ) async throws(DriverError) -> ContainerDocument {
        let wait = BoundedWait(
            limit: configuration.startTimeout,
            firstPause: .milliseconds(2),
            clock: ContinuousClock()
        )
        var isProvided = false
        return try await wait.until("the container to run") { () throws(DriverError) -> Look<ContainerDocument> in
            let found = try await engine.inspect(id, of: box)
            let state = ObservedState<ContainerState>(found.state.status)
            if let obstacle = state.obstacle(of: "the container") { throw obstacle }
            guard state.meaning == .running || state.meaning == .stopped else { return .notYet("it is \(state.raw)") }
            if !isProvided { try await provisioning.provide(found) }
            isProvided = true
            if state.meaning == .running { return .ready(found) }
            if attaches {
                try await attachNetworks(found.id, having: found.networking.networks.map { Array($0.keys) } ?? [])
            }
            try await start(found, state)
            return .notYet("it was \(state.raw), and is started")
        }
    }

    /// The name tells it apart; whoever is told that there is nothing to do looks at what is.
    private func start(
        _ container: ContainerDocument,
        _ state: ObservedState<ContainerState>
    ) async throws(DriverError) {
        do throws(DriverError) {
            if state.word == .paused {
                try await engine.unpause(container.id)
            } else {
                try await engine.start(container.id)
            }
        } catch {
            guard error.kind == .conflict || error.kind == .timeout else { throw error }
            let now = try await engine.inspect(container.id, of: nil)
            guard ObservedState<ContainerState>(now.state.status).meaning == .running else { throw error }
        }
    }

    private func attachNetworks(_ container: String, having networks: [String]) async throws(DriverError) {
        for network in configuration.attachedNetworks where !networks.contains(network) {
            do throws(DriverError) {
                try await engine.attach(container, to: network)
            } catch {
                // By another of its names, or by somebody else in between: "already exists in network".
                guard error.message.contains("already exists") || error.message.contains("already attached") else {
                    throw error
                }
            }
        }
    }

    /// Ends everything in it; its files stay.
    func stop(_ box: Envelope, _ id: String) async throws(DriverError) {
        let wait = BoundedWait(limit: .seconds(120), firstPause: .milliseconds(2), clock: ContinuousClock())
        try await wait.until("the container to stop") { () throws(DriverError) -> Look<Void> in
            let found = try await engine.inspect(id, of: box)
            let state = ObservedState<ContainerState>(found.state.status)
            switch state.meaning {
            case .stopped where state.word != .paused, .failed: return .ready(())
            case .gone: throw DriverError(.gone, "The engine says that the container is gone.")
            case .leaving, .unknown: return .notYet("it is \(state.raw)")
            case .stopped, .running, .becoming: break
            }
            // Nothing that is paused can end.
            if state.word == .paused { try await start(found, state) }
            do throws(DriverError) {
                try await engine.stop(id, grace: 10)
            } catch {
                // Not running any more, or the answer is late: the next look tells.
                guard error.kind == .conflict || error.kind == .timeout else { throw error }
            }
            return .notYet("it was told to")
        }
    }

    /// Removes it, its files and its volume.
    ///
    /// What is gone already is well.
    func remove(_ box: Envelope, _ id: String) async throws(DriverError) {
        let wait = BoundedWait(limit: .seconds(120), firstPause: .milliseconds(2), clock: ContinuousClock())
        try await wait.until("the container to be removed") { () throws(DriverError) -> Look<Void> in
            do throws(DriverError) {
                try await engine.remove(id, of: box)
            } catch {
                switch error.kind {
                case .gone: return .ready(())
                // Somebody removes it already.
                case .conflict, .timeout: return .notYet(error.message)
                default: throw error
                }
            }
            return .ready(())
        }
    }

    /// Where the ports of a box are reached, `port.<number>` to `host:port`.
    private func endpoints(of container: ContainerDocument, _ ports: [Int]) -> [String: String] {
        var found: [String: String] = [:]
        for port in ports {
            switch configuration.ports {
            case .loopback:
                guard let host = (container.networking.ports?["\(port)/tcp"] ?? nil)?.first else { continue }
                found["port.\(port)"] = "\(host.address):\(host.port)"
            case .network:
                let networks = (container.networking.networks ?? [:]).sorted { $0.key < $1.key }
                guard let address = networks.lazy.compactMap(\.value.address).first(where: { !$0.isEmpty }) else {
                    continue
                }
                found["port.\(port)"] = "\(address):\(port)"
            }
        }
        return found
    }
}

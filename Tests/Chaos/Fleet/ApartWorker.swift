import Fleet
import FleetTesting
import Glibc

/// One more worker of a running fleet, in a network that can be cut off from the rest.
///
/// The same executable and settings as the fleet's own worker; it reaches the two servers over the cable.
actor ApartWorker {
    let cell: NetworkCell
    private let supervisor: ServiceSupervisor
    private let keeping: Task<Void, Never>

    private init(cell: NetworkCell, supervisor: ServiceSupervisor) {
        self.cell = cell
        self.supervisor = supervisor
        // Lives as long as this worker is wanted; `stop` ends it.
        keeping = Task { await supervisor.keepAlive() }
    }

    static func start(of fleet: TestFleet) async throws -> ApartWorker {
        let document = try fleet.document
        guard let nats = Endpoint(url: document.nats.url), let postgres = Endpoint(url: document.postgres.url) else {
            throw FixtureError("fleet.json names no ports")
        }
        let cell = try await NetworkCell.make(
            natsPort: nats.port,
            postgresPort: postgres.port,
            log: "\(fleet.data)/logs/cell.log"
        )
        do {
            var environment = try Self.environment(of: try fleet.pid(of: ServiceName.worker.rawValue))
            let name = ServiceName.apartWorker.rawValue
            let directory = try DataDirectory(creating: fleet.data)
            environment[ServiceEnvironment.workerName] = name
            environment[ServiceEnvironment.natsURL] = nats.moved(to: cell.hostAddress, cell.natsPort)
            environment[ServiceEnvironment.postgresURL] = postgres.moved(to: cell.hostAddress, cell.postgresPort)
            environment[ServiceEnvironment.readyFile] = directory.readyMark(name)
            // Asked to stop, it hands its sandboxes over, boxes and all, as in a rolling deploy.
            environment[ServiceEnvironment.workerOnStop] = "release"
            let worker = try Executable.current(of: try fleet.pid(of: ServiceName.worker.rawValue))
            let child = ChildSpecification(
                executable: cell.entry.executable,
                arguments: cell.entry.arguments + [worker],
                environment: environment,
                log: directory.log(name)
            )
            let service = SupervisedService(
                name: name,
                readyTimeout: .seconds(60),
                stopSteps: [StopStep(SIGTERM, grace: .seconds(30))],
                isReady: { _ in access(directory.readyMark(name), F_OK) == 0 },
                prepare: { child }
            )
            let supervisor = ServiceSupervisor(service, in: directory) { _, _ in }
            try await supervisor.start()
            return ApartWorker(cell: cell, supervisor: supervisor)
        } catch {
            await cell.remove()
            throw error
        }
    }

    func stop() async {
        await supervisor.stop()
        await keeping.value
        await cell.remove()
    }

    private static func environment(of pid: Int32) throws -> [String: String] {
        guard let text = TextFile.read("/proc/\(pid)/environ") else {
            throw FixtureError("the settings of process \(pid) cannot be read")
        }
        var environment: [String: String] = [:]
        for pair in text.split(separator: "\0") {
            guard let sign = pair.firstIndex(of: "=") else { continue }
            environment[String(pair[..<sign])] = String(pair[pair.index(after: sign)...])
        }
        return environment
    }
}

/// The address in a URL.
private struct Endpoint {
    let url: String
    let address: Range<String.Index>
    let port: Int

    init?(url: String) {
        guard let scheme = url.firstRange(of: "://") else { return nil }
        let rest = url[scheme.upperBound...]
        let authority = rest.prefix { $0 != "/" }
        let start = authority.lastIndex(of: "@").map { authority.index(after: $0) } ?? authority.startIndex
        guard let colon = authority.lastIndex(of: ":"), colon >= start,
            let port = Int(authority[authority.index(after: colon)...])
        else { return nil }
        self.url = url
        self.port = port
        address = start..<authority.endIndex
    }

    func moved(to host: String, _ port: Int) -> String {
        url[..<address.lowerBound] + "\(host):\(port)" + url[address.upperBound...]
    }
}

extension Executable {
    /// The program that a process runs.
    static func current(of pid: Int32) throws -> String {
        guard let path = realpath("/proc/\(pid)/exe", nil) else {
            throw FixtureError("the program of process \(pid) is not known")
        }
        defer { free(path) }
        return String(cString: path)
    }
}

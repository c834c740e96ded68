import Fleet
import FleetTesting
import Glibc

/// A fleet of several gateways, workers and reapers, and the means to hurt it.
struct ChaosFleet: Sendable {
    let fleet: TestFleet
    /// Nil where network namespaces cannot be made.
    let apart: ApartWorker?

    /// Every service that runs here.
    var services: [ServiceName] { ServiceName.allCases.filter { apart != nil || $0 != .apartWorker } }

    /// The process that is this service now; nil while it is down.
    func process(_ service: ServiceName) -> ProcessIdentity? {
        TextFile.read("\(fleet.data)/run/\(service.rawValue).pid").flatMap { ProcessIdentity(text: $0) }
            .flatMap { $0.isAlive ? $0 : nil }
    }

    /// The process with those that are part of it: the backends of Postgres.
    func family(_ service: ServiceName) -> [ProcessIdentity] {
        guard let head = process(service) else { return [] }
        guard service == .postgres else { return [head] }
        return [head] + HostProcesses.children(of: head.pid)
    }

    /// Whether it runs and says that it serves.
    func isServing(_ service: ServiceName) async -> Bool {
        guard process(service) != nil else { return false }
        switch service {
        case .gateway, .secondGateway:
            guard let url = try? fleet.document.services.first(where: { $0.name == service.rawValue })?.url,
                let address = try? ListenAddress(String(url.dropFirst("http://".count)))
            else { return false }
            return await Greeting.httpStatus(address, path: "/readyz") == 200
        case .nats, .postgres: return (try? fleet.pid(of: service.rawValue)) != nil
        default: return access("\(fleet.data)/run/\(service.rawValue).ready", F_OK) == 0
        }
    }
}

/// Lends a fleet of two of each to `body`; stops it afterwards, and gives what is left of it on this machine.
func withChaosFleet<Result>(
    data: String,
    executables: String?,
    note: (String) -> Void,
    _ body: (ChaosFleet) async throws -> Result
) async throws -> (result: Result, remains: [String]) {
    var options = TestFleet.Options()
    options.gateways = 2
    options.workers = 2
    options.reapers = 2
    if let executables {
        options.executables = executables
        options.sandfleet = "\(executables)/sandfleet"
    }
    let result = try await withUp(data: data, options) { fleet in
        try await fleet.ready()
        let apart: ApartWorker?
        do {
            apart = try await ApartWorker.start(of: fleet)
        } catch {
            note("no worker in a network of its own: \(error)")
            apart = nil
        }
        let outcome: Swift.Result<Result, any Error>
        do {
            outcome = .success(try await body(ChaosFleet(fleet: fleet, apart: apart)))
        } catch {
            outcome = .failure(error)
        }
        await apart?.stop()
        return try outcome.get()
    }
    let remains = Remains(data: data, fleet: TextFile.read("\(data)/keys/fleet.id")?.trimmed)
    do {
        try await remains.vanish(within: .seconds(30))
        return (result, [])
    } catch is FixtureError {
        return (result, remains.all)
    }
}

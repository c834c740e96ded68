package import Fleet
import FoundationEssentials
import Glibc

/// A whole fleet, run by the real `sandfleet up`.
package struct TestFleet: Sendable {
    /// What a test may decide about its fleet.
    package struct Options: Sendable {
        package var gateways = 1
        package var workers = 1
        package var reapers = 1
        /// The folder of the services' executables; nil for the built ones.
        package var executables: String?
        /// The `sandfleet` to run; nil for the built one.
        package var sandfleet: String?
        package var listen = "127.0.0.1:0"
        package var account: Account?
        package var environment: [String: String] = [:]
        /// More for `up`.
        package var arguments: [String] = []

        package init() {}
    }

    package let data: String
    /// `sandfleet up` itself.
    package let supervisor: ChildProcess
    private let log: String

    fileprivate static func launch(
        data: String,
        _ options: Options,
        log: String?
    ) async throws -> TestFleet {
        let log = log ?? data + ".up.log"
        var arguments =
            [
                "up", "--data", data, "--listen", options.listen, "--gateways", "\(options.gateways)", "--workers",
                "\(options.workers)", "--reapers", "\(options.reapers)",
            ] + options.arguments
        if let executables = options.executables { arguments += ["--executables", executables] }
        let inherited = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("SANDFLEET_") }
        var child = ChildSpecification(
            executable: try options.sandfleet ?? Products.path("sandfleet"),
            arguments: arguments,
            environment: inherited.merging(options.environment) { _, own in own },
            log: log
        )
        child.account = options.account
        child.deathSignal = SIGTERM
        return TestFleet(data: data, supervisor: try await ChildProcess.spawn(child), log: log)
    }

    /// Waits until the fleet has written how to reach it.
    package func ready() async throws {
        try await eventually("the fleet is ready:\n\(output)", within: .seconds(90)) {
            if let status = supervisor.exit.value { throw FixtureError("up ended with \(status):\n\(output)") }
            // A killed predecessor leaves its document behind.
            guard let gateway = try? pid(of: "gateway") else { return false }
            return TextFile.read("/proc/\(gateway)/status")?.contains("\nPPid:\t\(supervisor.pid)\n") ?? false
        }
    }

    /// What `up` wrote to its terminal, of all runs on these data.
    package var output: String { TextFile.read(log) ?? "" }

    /// `fleet.json`, as it is now.
    package var document: FleetDocument {
        get throws { try FleetDocument(contentsOf: "\(data)/fleet.json") }
    }

    package var url: String { get throws { try document.url } }
    package var apiKey: String { get throws { try document.apiKey } }

    package func pid(of service: String) throws -> Int32 {
        guard let pid = try document.services.first(where: { $0.name == service })?.pid else {
            throw FixtureError("\(service) is not running")
        }
        return pid
    }

    /// Signals one service, and returns once its process is gone.
    package func kill(_ service: String, _ signal: Int32 = SIGKILL) async throws {
        guard let process = ProcessIdentity(pid: try pid(of: service)) else {
            throw FixtureError("\(service) is not running")
        }
        Glibc.kill(process.pid, signal)
        try await eventually("\(service) is gone") { !process.isAlive }
    }

    /// Waits until a service runs again, and is ready, under another pid.
    package func restarted(_ service: String, after pid: Int32) async throws {
        try await eventually("\(service) is back:\n\(output)", within: .seconds(60)) {
            (try? self.pid(of: service)).map { $0 != pid } ?? false
        }
    }

    /// Stops the fleet as Ctrl-C does.
    @discardableResult
    package func stop(_ signal: Int32 = SIGTERM) async throws -> WaitStatus {
        supervisor.signal(signal)
        guard let status = await supervisor.exit.wait(for: .seconds(120)) else {
            throw FixtureError("up does not stop:\n\(output)")
        }
        return status
    }
}

/// Lends one run of `sandfleet up` to `body`, from its very start; what still runs afterwards is stopped.
///
/// - Parameter waitsForPlace: False for one that is started while its test holds another.
package func withUp<Result>(
    data: String,
    _ options: TestFleet.Options = TestFleet.Options(),
    log: String? = nil,
    waitsForPlace: Bool = true,
    _ body: (TestFleet) async throws -> Result
) async throws -> Result {
    if waitsForPlace { await FleetGate.shared.enter() }
    defer { if waitsForPlace { FleetGate.shared.leave() } }
    let fleet = try await TestFleet.launch(data: data, options, log: log)
    let outcome: Swift.Result<Result, any Error>
    do {
        outcome = .success(try await body(fleet))
    } catch {
        outcome = .failure(error)
    }
    if fleet.supervisor.exit.value == nil {
        do {
            try await fleet.stop()
        } catch {
            fleet.supervisor.signal(SIGKILL)
            throw error
        }
    }
    return try outcome.get()
}

/// Lends a running fleet to `body`; afterwards stops it and checks that nothing of it is left.
package func withFleet<Result>(
    _ options: TestFleet.Options = TestFleet.Options(),
    _ body: (TestFleet) async throws -> Result
) async throws -> Result {
    try await withTemporaryDirectory { folder in
        let data = "\(folder)/fleet"
        let result = try await withUp(data: data, options) { fleet in
            try await fleet.ready()
            return try await body(fleet)
        }
        try await Remains(data: data, fleet: TextFile.read("\(data)/keys/fleet.id")?.trimmed).vanish()
        return result
    }
}

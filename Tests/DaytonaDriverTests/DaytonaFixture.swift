import BoxClient
import BoxSession
import CurlTransport
import DriverTesting
import FleetTesting
import FoundationEssentials
import Model
import ProviderKit
import Testing

@testable import DaytonaDriver

/// A driver, and the emulator that it calls.
struct DaytonaFixture {
    /// That of the emulator.
    static let organization = "00000000-0000-4000-8000-00000000e111"

    let emulator: EmulatorProcess
    let driver: DaytonaDriver
    let log: LogRecorder
    let fleet: FleetID

    static func with(
        _ options: [String] = [],
        _ boxes: DaytonaBoxSettings = DaytonaBoxSettings(),
        entrance: any DaytonaEntrance = NoEntrance(),
        _ body: (DaytonaFixture) async throws -> Void
    ) async throws {
        try await withEmulator("daytona", options) { emulator in
            let (log, fleet) = (LogRecorder(), FleetID.new())
            let driver = try await driver(emulator, boxes, fleet: fleet, entrance: entrance, log: log)
            try await body(DaytonaFixture(emulator: emulator, driver: driver, log: log, fleet: fleet))
            await driver.shutdown()
        }
    }

    /// With our daemon in the boxes.
    static func withBoxes(_ body: (DaytonaFixture) async throws -> Void) async throws {
        let program = try DaemonProgram.load(path: try Products.path("boxd"))
        try await with(entrance: DaemonEntrance(program: program, loop: try BoxLoop()), body)
    }

    static func driver(
        _ emulator: EmulatorProcess,
        _ boxes: DaytonaBoxSettings = DaytonaBoxSettings(),
        secret: @escaping @Sendable () -> String = { EmulatorProcess.token },
        isUsers: Bool = false,
        organization: String? = organization,
        fleet: FleetID,
        entrance: any DaytonaEntrance = NoEntrance(),
        log: LogRecorder = LogRecorder(),
        directory: String? = nil
    ) async throws -> DaytonaDriver {
        let source = CredentialSource(directory: directory) {
            var environment = ["DAYTONA_API_URL": emulator.baseURL + "/api"]
            environment[isUsers ? "DAYTONA_JWT_TOKEN" : "DAYTONA_API_KEY"] = secret()
            environment["DAYTONA_ORGANIZATION_ID"] = organization
            return environment
        }
        return try await DaytonaDriver.start(
            source,
            boxes,
            fleet: fleet,
            entrance: entrance,
            transport: try HTTPTransport(HTTPTransport.Configuration(proxy: .none)),
            policy: RetryPolicy(firstPause: .milliseconds(5)),
            logger: log.logger
        )
    }

    func creation(
        box: BoxID = .new(),
        sandbox: SandboxID = .new(),
        spec: SandboxSpec = SandboxSpec(networkPolicy: .full),
        from source: ArchiveReference? = nil,
        workspace: WorkspaceID? = nil
    ) -> BoxCreation {
        BoxCreation(
            tag: BoxTag(fleet: fleet, sandbox: sandbox, box: box, epoch: 1),
            spec: spec,
            workspace: workspace,
            environment: ["SECRET": "of-the-sandbox"],
            source: source
        )
    }

    func resume(
        _ envelope: Envelope,
        by driver: DaytonaDriver? = nil,
        of creation: BoxCreation? = nil,
        epoch: UInt64 = 2
    ) async throws -> any Box {
        try await (driver ?? self.driver)
            .resume(
                BoxResumption(
                    envelope: envelope,
                    sandbox: creation?.tag.sandbox ?? .new(),
                    epoch: epoch,
                    spec: SandboxSpec(),
                    environment: creation?.environment ?? [:]
                )
            )
    }

    /// The state of each sandbox, by its name.
    func sandboxes() async throws -> [String: String] {
        struct State: Decodable { let sandboxes: [String: String] }
        return try JSONDecoder().decode(State.self, from: try await emulator.state()).sandboxes
    }
}

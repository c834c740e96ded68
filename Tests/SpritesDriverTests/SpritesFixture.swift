import BoxClient
import BoxSession
import CurlTransport
import DriverTesting
import FleetTesting
import FoundationEssentials
import Model
import ProviderKit
import Testing

@testable import SpritesDriver

/// A driver, and the emulator that it calls.
struct SpritesFixture {
    static let organization = "emulated"

    let emulator: EmulatorProcess
    let driver: SpritesDriver
    let log: LogRecorder
    let fleet: FleetID

    static func with(
        _ options: [String] = [],
        _ boxes: SpritesBoxSettings = SpritesBoxSettings(),
        entrance: any SpriteEntrance = NoEntrance(),
        _ body: (SpritesFixture) async throws -> Void
    ) async throws {
        try await withEmulator("sprites", options) { emulator in
            let (log, fleet) = (LogRecorder(), FleetID.new())
            let driver = try await driver(emulator, boxes, fleet: fleet, entrance: entrance, log: log)
            try await body(SpritesFixture(emulator: emulator, driver: driver, log: log, fleet: fleet))
            await driver.shutdown()
        }
    }

    /// With our daemon in the sprites.
    static func withBoxes(
        _ boxes: SpritesBoxSettings = SpritesBoxSettings(),
        _ body: (SpritesFixture) async throws -> Void
    ) async throws {
        let program = try DaemonProgram.load(path: try Products.path("boxd"))
        try await with([], boxes, entrance: DaemonEntrance(program: program, loop: try BoxLoop()), body)
    }

    static func driver(
        _ emulator: EmulatorProcess,
        _ boxes: SpritesBoxSettings = SpritesBoxSettings(),
        token: @escaping @Sendable () -> String = { EmulatorProcess.token },
        organization: String? = organization,
        fleet: FleetID,
        entrance: any SpriteEntrance = NoEntrance(),
        log: LogRecorder = LogRecorder(),
        directory: String? = nil
    ) async throws -> SpritesDriver {
        let source = CredentialSource(directory: directory) {
            var environment = ["SPRITE_TOKEN": token(), "SPRITES_BASE_URL": emulator.baseURL]
            environment["SPRITES_ORGANIZATION"] = organization
            return environment
        }
        return try await SpritesDriver.start(
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
        epoch: UInt64 = 1,
        workspace: WorkspaceID? = nil
    ) -> BoxCreation {
        BoxCreation(
            tag: BoxTag(fleet: fleet, sandbox: sandbox, box: box, epoch: epoch),
            spec: SandboxSpec(networkPolicy: .full),
            workspace: workspace,
            environment: ["SECRET": "of-the-sandbox"]
        )
    }

    func resume(
        _ envelope: Envelope,
        by driver: SpritesDriver? = nil,
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

    /// The status of each sprite, by its name.
    func sprites() async throws -> [String: String] {
        struct State: Decodable { let sprites: [String: String] }
        return try JSONDecoder().decode(State.self, from: try await emulator.state()).sprites
    }
}

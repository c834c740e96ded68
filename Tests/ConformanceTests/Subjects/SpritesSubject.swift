import FleetTesting
import Model
import ProviderKit
import SpritesDriver

struct SpritesSubject: Subject {
    let name = "sprites"

    func with(_ body: (Bench) async throws -> Void) async throws {
        try await withEmulator("sprites") { emulator in
            let (log, fleet): (LogRecorder, FleetID) = (LogRecorder(), Bench.newID())
            let start = { @Sendable (organization: String) async throws -> SpritesDriver in
                try await SpritesDriver.start(
                    CredentialSource(environment: {
                        [
                            "SPRITES_BASE_URL": emulator.baseURL, "SPRITE_TOKEN": EmulatorProcess.token,
                            "SPRITES_ORGANIZATION": organization,
                        ]
                    }),
                    fleet: fleet,
                    daemonPath: try Daemon.path,
                    logger: log.logger
                )
            }
            let driver = try await start("emulated")
            let cloud = EmulatedCloud(emulator: emulator, create: ("POST", "/v1/sprites")) { _, envelope in
                try await driver.delete(envelope, epoch: .max)
            }
            let bench = Bench(
                driver: driver,
                fleet: fleet,
                successor: { try await start("emulated") },
                stranger: { try await start("another") },
                server: cloud.faults,
                holds: { _, _ in false },
                letTimePass: { try await cloud.letTimePass($0) },
                logged: { log.text },
                secrets: [EmulatorProcess.token]
            )
            try await body(bench)
            await driver.shutdown()
        }
    }
}

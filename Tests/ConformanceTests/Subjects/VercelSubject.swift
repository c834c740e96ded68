import BoxSession
import FleetTesting
import Foundation
import Model
import ProviderKit
import VercelDriver

struct VercelSubject: Subject {
    let name = "vercel"

    func with(_ body: (Bench) async throws -> Void) async throws {
        try await withEmulator("vercel", ["--delay", "0"]) { emulator in
            let (log, fleet): (LogRecorder, FleetID) = (LogRecorder(), Bench.newID())
            let start = { @Sendable (team: String) async throws -> VercelDriver in
                let variables = [
                    "SANDBOX_VERCEL_TOKEN": EmulatorProcess.token, "SANDBOX_VERCEL_TEAM_ID": team,
                    "SANDBOX_VERCEL_PROJECT_ID": "prj_emulated",
                ]
                var configuration = try VercelConfiguration(
                    environment: variables,
                    fleet: fleet,
                    credentials: CredentialSource { variables }
                )
                configuration.baseURL = emulator.baseURL
                return try VercelDriver(
                    configuration,
                    transport: try EmulatedCloud.transport(),
                    logger: log.logger,
                    opener: try DaemonOpener(try DaemonProgram.load(path: try Daemon.path))
                )
            }
            let driver = try await start("team_emulated")
            let cloud = EmulatedCloud(emulator: emulator, create: ("POST", "/v3/sandboxes")) { _, envelope in
                try await driver.delete(envelope, epoch: .max)
            }
            let bench = Bench(
                driver: driver,
                fleet: fleet,
                successor: { try await start("team_emulated") },
                stranger: { try await start("team_other") },
                server: cloud.faults,
                holds: { wanted, box in
                    guard let id = box.envelope.boxId else { return false }
                    let query = "projectId=prj_emulated&resume=false&teamId=team_emulated"
                    let shown = try await cloud.ask("/v2/sandboxes/\(id)?\(query)")
                    let sandbox = shown["sandbox"] as? [String: Any]
                    return sandbox?["vcpus"] as? Double == wanted.vcpus
                },
                logged: { log.text },
                secrets: [EmulatorProcess.token]
            )
            try await body(bench)
            await driver.shutdown()
        }
    }
}

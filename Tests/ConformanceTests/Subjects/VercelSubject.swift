import BoxSession
import FleetTesting
import Foundation
import Model
import ProviderKit
import VercelDriver

struct VercelSubject: Subject {
    /// So that somebody can wait until a box is put off for the last time.
    private static let shortLife: (span: Duration, longest: Duration) = (.seconds(20), .seconds(30))

    let name = "vercel"

    func with(_ body: (Bench) async throws -> Void) async throws {
        try await withEmulator("vercel", ["--delay", "0"]) { emulator in
            let (log, fleet): (LogRecorder, FleetID) = (LogRecorder(), Bench.newID())
            let start = { @Sendable (team: String, isShort: Bool) async throws -> VercelDriver in
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
                if isShort { (configuration.timeout, configuration.longestLife) = Self.shortLife }
                return try await VercelDriver.start(
                    configuration,
                    transport: try EmulatedCloud.transport(),
                    logger: log.logger,
                    opener: try DaemonOpener(try DaemonProgram.load(path: try Daemon.path))
                )
            }
            let driver = try await start("team_emulated", false)
            let mortal = try await start("team_emulated", true)
            let cloud = EmulatedCloud(emulator: emulator, create: ("POST", "/v3/sandboxes"), boxes: "/v2/sandboxes") { _, envelope in
                try await driver.delete(envelope, epoch: .max)
            }
            let bench = Bench(
                driver: driver,
                fleet: fleet,
                successor: { try await start("team_emulated", false) },
                stranger: { try await start("team_other", false) },
                server: cloud.faults,
                holds: { wanted, box in
                    let sandbox = try await Self.shown(box, cloud)["sandbox"] as? [String: Any]
                    return sandbox?["vcpus"] as? Double == wanted.vcpus
                },
                mortal: MortalBoxes(
                    driver: mortal,
                    span: Self.shortLife.span,
                    isSaved: { $0.purpose = "coding agent" },
                    life: { box in
                        let session = try await Self.shown(box, cloud)["session"] as? [String: Any]
                        return .milliseconds(session?["timeout"] as? Int ?? 0)
                    },
                    letTimePass: { try await cloud.letTimePass($0) }
                ),
                logged: { log.text },
                secrets: [EmulatorProcess.token]
            )
            try await body(bench)
            await mortal.shutdown()
            await driver.shutdown()
        }
    }

    /// What Vercel tells of a box, without waking it.
    private static func shown(_ box: any Box, _ cloud: EmulatedCloud) async throws -> [String: Any] {
        let query = "projectId=prj_emulated&resume=false&teamId=team_emulated"
        return try await cloud.ask("/v2/sandboxes/\(box.envelope.boxId ?? "")?\(query)")
    }
}

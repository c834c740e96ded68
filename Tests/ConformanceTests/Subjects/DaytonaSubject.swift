import DaytonaDriver
import FleetTesting
import Model
import NIOCore
import ProviderKit

struct DaytonaSubject: Subject {
    let name = "daytona"

    func with(_ body: (Bench) async throws -> Void) async throws {
        try await withEmulator("daytona", ["--delay", "0"]) { emulator in
            let (log, fleet): (LogRecorder, FleetID) = (LogRecorder(), Bench.newID())
            let start = { @Sendable (organization: String, mounts: [DaytonaBoxSettings.Mount]) async throws -> DaytonaDriver in
                var boxes = DaytonaBoxSettings()
                boxes.mounts = mounts
                return try await DaytonaDriver.start(
                    CredentialSource(environment: {
                        [
                            "DAYTONA_API_URL": emulator.baseURL + "/api", "DAYTONA_API_KEY": EmulatorProcess.token,
                            "DAYTONA_ORGANIZATION_ID": organization,
                        ]
                    }),
                    boxes: boxes,
                    fleet: fleet,
                    daemonPath: try Daemon.path,
                    logger: log.logger
                )
            }
            let own = "00000000-0000-4000-8000-00000000e111"
            let driver = try await start(own, [])
            let cloud = EmulatedCloud(emulator: emulator, create: ("POST", "/api/sandbox")) { _, envelope in
                try await driver.delete(envelope, epoch: .max)
            }
            var bench = Bench(
                driver: driver,
                fleet: fleet,
                successor: { try await start(own, []) },
                stranger: { try await start("00000000-0000-4000-8000-00000000e222", []) },
                server: cloud.faults,
                holds: { wanted, _ in
                    let boxes = try await cloud.ask("/api/sandbox")["items"] as? [[String: Any]] ?? []
                    return boxes.contains { box in
                        let sizes = ["cpu", "memory", "disk"].map { box[$0] as? Double }
                        let asked = [
                            wanted.vcpus, wanted.memoryMb.map { Double(($0 + 1023) / 1024) },
                            wanted.diskMb.map { Double(($0 + 1023) / 1024) },
                        ]
                        return zip(sizes, asked).allSatisfy { $1 == nil || $0 == $1 }
                    }
                },
                letTimePass: { try await cloud.letTimePass($0) },
                logged: { log.text },
                secrets: [EmulatorProcess.token]
            )
            bench.sizedImage = "debian:12"
            let plain = bench
            bench.volumeOutlivesBox = {
                let mounted = try await start(own, [.init(volume: "shared", path: "/data")])
                let first = try await mounted.create(plain.creation())
                try await first.put(ByteBuffer(string: "outlives"), at: "/data/kept")
                try await mounted.delete(first.envelope, epoch: .max)
                let second = try await mounted.create(plain.creation())
                let contents = try await second.contents("/data/kept")
                try await mounted.delete(second.envelope, epoch: .max)
                return contents == ByteBuffer(string: "outlives")
            }
            try await body(bench)
            await driver.shutdown()
        }
    }
}

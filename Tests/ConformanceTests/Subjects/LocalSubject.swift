import Foundation
import Glibc
import LocalDriver
import Logging
import Model
import ProviderKit

/// Boxes of this host.
struct LocalSubject: Subject {
    let name = "local"
    /// How many boxes wait for whoever asks.
    var poolSize = 0

    func with(_ body: (Bench) async throws -> Void) async throws {
        let folder = "/tmp/conformance-local-\(getpid())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        chmod(folder, 0o755)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let fleet: FleetID = Bench.newID()
        let start = { @Sendable (name: String) async throws -> LocalDriver in
            var configuration = LocalConfiguration(
                dataDirectory: "\(folder)/\(name)",
                fleet: fleet,
                daemonPath: try Daemon.path
            )
            configuration.poolSize = poolSize
            configuration.userRegistry = "/tmp/local-driver-users"
            return try await LocalDriver.start(configuration, logger: Logger(label: "conformance"))
        }
        let driver = try await start("data")
        let bench = Bench(
            driver: driver,
            fleet: fleet,
            successor: { try await start("data") },
            stranger: { try await start("other") },
            server: ServerFaults(
                reap: { envelope in try await driver.delete(envelope, epoch: .max) },
                obstacle: "no network lies between the worker and its boxes"
            ),
            holds: { wanted, box in try await Self.holds(wanted, box, fleet) }
        )
        do {
            try await body(bench)
        } catch {
            await driver.shutdown()
            throw error
        }
        await driver.shutdown()
    }

    private static func holds(_ wanted: Resources, _ box: any Box, _ fleet: FleetID) async throws -> Bool {
        if let memory = wanted.memoryMb {
            let (half, double) = (memory / 2, memory * 2)
            let fits = try await box.run("dd if=/dev/zero of=/dev/null bs=\(half)M count=1 2>/dev/null").exit
            let over = try await box.run("dd if=/dev/zero of=/dev/null bs=\(double)M count=1 2>/dev/null").exit
            return fits.code == 0 && over.code != 0
        }
        guard let processors = wanted.vcpus, let id = box.envelope.boxId else { return false }
        return cgroupFiles(of: id, fleet)
            .contains { text in
                let fields = text.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
                return fields.count == 2 && fields[0] / fields[1] == processors
            }
    }

    /// Quota and period, by either version of cgroups.
    private static func cgroupFiles(of box: String, _ fleet: FleetID) -> [String] {
        let controllers = (try? FileManager.default.contentsOfDirectory(atPath: "/sys/fs/cgroup")) ?? []
        return controllers.map { controller in
            let folder = "/sys/fs/cgroup/\(controller)/sandfleet-\(fleet)/\(box)"
            let read = { (name: String) in (try? String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)) ?? "" }
            return read("cpu.max") + read("cpu.cfs_quota_us") + " " + read("cpu.cfs_period_us")
        }
    }
}

/// The executable that goes along into boxes, as the tests were built with.
enum Daemon {
    static var path: String {
        get throws {
            let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
            return URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("boxd").path
        }
    }
}

import DockerDriver
import FleetTesting
import Foundation
import Logging
import Model
import NIOCore
import ProviderKit

/// Containers of a real engine.
struct DockerSubject: Subject {
    private static let network = "sandfleet-conformance"

    let name = "docker"

    func with(_ body: (Bench) async throws -> Void) async throws {
        try await withDockerEngine { engine in
            try await engine.call("POST", "/networks/create", #"{"Name":"\#(Self.network)","Driver":"bridge"}"#)
            do {
                try await drive(engine, body)
            } catch {
                try? await removeNetwork(of: engine)
                throw error
            }
            try await removeNetwork(of: engine)
        }
    }

    /// It is an interface of this machine, and would outlive its engine.
    private func removeNetwork(of engine: DockerEngine) async throws {
        try await engine.call("DELETE", "/networks/\(Self.network)")
    }

    private func drive(_ engine: DockerEngine, _ body: (Bench) async throws -> Void) async throws {
        try await withDockerEngine { other in
            let (log, fleet): (LogRecorder, FleetID) = (LogRecorder(), Bench.newID())
            let start = { @Sendable (engine: DockerEngine) async throws -> DockerDriver in
                var configuration = DockerConfiguration(
                    endpoint: DockerEndpoint(.socket(engine.socket)),
                    fleet: fleet,
                    daemonPath: try Daemon.path
                )
                configuration.image = DockerEngine.image
                configuration.network = Self.network
                return try await DockerDriver.start(configuration, logger: log.logger)
            }
            let driver = try await start(engine)
            var bench = Bench(
                driver: driver,
                fleet: fleet,
                successor: { try await start(engine) },
                stranger: { try await start(other) },
                server: ServerFaults(
                    reap: { envelope in
                        let id = envelope.boxId ?? ""
                        _ = try await engine.call("DELETE", "/containers/\(id)?force=true&v=true")
                    },
                    obstacle: "an engine has no limits of rate and no credentials that expire"
                ),
                holds: { wanted, box in
                    let text = try await engine.call("GET", "/containers/\(box.envelope.boxId ?? "")/json")
                    if let memory = wanted.memoryMb { return text.contains("\"Memory\":\(memory << 20),") }
                    return text.contains("\"NanoCpus\":\(Int((wanted.vcpus ?? 0) * 1_000_000_000)),")
                },
                logged: { log.text }
            )
            let plain = bench
            bench.volumeOutlivesBox = {
                let sandbox: SandboxID = Bench.newID()
                let creation = { plain.creation(plain.tag(sandbox: sandbox), { $0.params = ["volumes": "kept:/data"] }) }
                let first = try await driver.create(creation())
                try await first.put(ByteBuffer(string: "outlives"), at: "/data/kept")
                try await driver.delete(first.envelope, epoch: .max)
                let second = try await driver.create(creation())
                let contents = try await second.contents("/data/kept")
                try await driver.delete(second.envelope, epoch: .max)
                return contents == ByteBuffer(string: "outlives")
            }
            try await body(bench)
            await driver.shutdown()
        }
    }
}

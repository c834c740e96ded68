import CurlTransport
import Fleet
import FleetTesting
import Foundation
import Glibc
import SandfleetClient
import Testing

/// An owner that dies in the middle of a restore, and who is told what.
@Suite(.serialized) struct RestoreFailureTests {
    /// The one who goes on is answered by, even when the other worker is frozen and swallows what the broker hands it.
    @Test func aRestoreWhoseOwnerDiesIsFinishedByAnother() async throws {
        try await withAPI(workers: 2) { api in
            let sandbox = try await api.sandbox()
            _ = try await api.shell("echo then > file; head -c 80000000 /dev/zero > big", in: sandbox)
            let path = "/v1/sandboxes/\(sandbox.id)/checkpoints"
            let saved = try await api.send("POST", path)
            let checkpoint = try #require(saved["id"] as? String, "\(saved.body)")
            _ = try await api.shell("echo now > file", in: sandbox)

            // A reader who does not read on: the owner waits for it before it ends the box.
            var download = HTTPTransportRequest(
                method: "GET",
                url: try api.fleet.url + "/v1/sandboxes/\(sandbox.id)/files?path=/workspace/big"
            )
            download.headers.add("Authorization", "Bearer \(try api.fleet.apiKey)")
            let reading = try await api.transport.send(download)
            #expect(reading.status == 200)

            async let restored = api.send("POST", "\(path)/\(checkpoint)/restore")
            try await eventually("the restore is under way") {
                try await api.value("select lease_state from sandboxes where id = '\(sandbox.id)'") == "draining"
            }
            let owner = try await api.value(
                "select w.name from sandboxes s join workers w on w.id = s.owner where s.id = '\(sandbox.id)'"
            )
            let other = owner == "worker" ? "worker-2" : "worker"
            let frozen = try api.fleet.pid(of: other)
            kill(frozen, SIGSTOP)
            defer { kill(frozen, SIGCONT) }
            try await api.fleet.kill(owner)
            let died = ContinuousClock.now
            let answer = try await restored
            #expect(answer.status == 200, "\(answer.body)")
            #expect(answer["status"] as? String == "active")
            // Far below the two minutes for which a sandbox may come up.
            #expect(.now - died < .seconds(45))
            #expect(try await api.shell("cat file", in: sandbox) == "then\n")
            withExtendedLifetime(reading) {}
        }
    }
}

extension FleetAPI {
    /// The one value that a statement gives.
    fileprivate func value(_ sql: String) async throws -> String {
        let psql = try PostgresInstallation.locate().program("psql")
        return try await Tool.run(psql, ["--no-psqlrc", "-qAt", "-c", sql, try fleet.document.postgres.url])
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

import CurlTransport
import FleetTesting
import Foundation
import NIOCore
import SandfleetClient
import Testing

/// Saving a workspace and coming back to it, as a user does.
@Suite(.serialized) struct SavedWorkspaceTests {
    @Test(arguments: ["native", "portable"])
    func aWorkspaceIsSavedRestoredAndBegunFrom(_ format: String) async throws {
        try await withAPI { api in
            let sandbox = try await api.sandbox()
            _ = try await api.shell("mkdir -p deep; echo then > deep/file; echo mine > ~/mine", in: sandbox)
            let path = "/v1/sandboxes/\(sandbox.id)/checkpoints"
            // Asked twice, it is saved once.
            var ids: Set<String> = []
            for status in [201, 200] {
                let saved = try await api.send(
                    "POST",
                    path,
                    #"{"format":"\#(format)","comment":"before"}"#,
                    headers: ["X-Operation-Id": "save-\(format)"]
                )
                #expect(saved.status == status, "\(saved.body)")
                #expect(saved["status"] as? String == "ready")
                ids.insert(try #require(saved["id"] as? String))
            }
            let checkpoint = try #require(ids.first)
            #expect(ids.count == 1)

            _ = try await api.shell("echo now > deep/file; touch later; rm ~/mine", in: sandbox)
            let restored = try await api.send("POST", "\(path)/\(checkpoint)/restore")
            #expect(restored.status == 200, "\(restored.body)")
            #expect(restored["status"] as? String == "active")
            #expect(try await api.shell("cat deep/file ~/mine; ls", in: sandbox) == "then\nmine\ndeep\n")

            let other = try await api.send("POST", "/v1/sandboxes", #"{"fromCheckpoint":"\#(checkpoint)"}"#)
            #expect(other.status == 201, "\(other.body)")
            let second = try #require(other["id"] as? String)
            let run = try await api.client.runCommand(.shell("cat deep/file ~/mine"), in: second)
            #expect(run.stdout == "then\nmine\n")

            // It outlives what it was made of, and ends when it is told to.
            _ = try await api.send("DELETE", "/v1/sandboxes/\(sandbox.id)")
            #expect(try await api.send("GET", "/v1/checkpoints/\(checkpoint)").status == 200)
            #expect(try await api.send("DELETE", "/v1/checkpoints/\(checkpoint)").status == 204)
            // Its row stays until its files are gone.
            let deleted = try await api.send("GET", "/v1/checkpoints/\(checkpoint)")
            #expect(deleted.code == "checkpoint_not_found" || deleted["status"] as? String == "deleting")
        }
    }

    @Test func aWorkspaceIsCarriedOver() async throws {
        try await withAPI { api in
            let one = try await api.sandbox()
            _ = try await api.shell("mkdir dir; echo hello > dir/file; head -c 3000000 /dev/urandom > big", in: one)
            var request = HTTPTransportRequest(
                method: "GET",
                url: try api.fleet.url + "/v1/sandboxes/\(one.id)/export"
            )
            request.headers.add("Authorization", "Bearer \(try api.fleet.apiKey)")
            let exported = try await api.transport.send(request)
            #expect(exported.status == 200)
            let archive = try await exported.collect(upTo: 8 << 20)

            let two = try await api.sandbox()
            _ = try await api.shell("touch old", in: two)
            for (query, listing) in [("", "big\ndir\nold\n"), ("?replace=true", "big\ndir\n")] {
                var upload = HTTPTransportRequest(
                    method: "POST",
                    url: try api.fleet.url + "/v1/sandboxes/\(two.id)/import\(query)"
                )
                upload.headers.add("Authorization", "Bearer \(try api.fleet.apiKey)")
                upload.headers.add("Content-Type", "application/zstd")
                upload.body = .bytes(archive)
                let imported = try await api.transport.send(upload)
                let answer = String(buffer: try await imported.collect(upTo: 1 << 20))
                #expect(imported.status == 200, "\(answer)")
                #expect(try await api.shell("ls", in: two) == listing)
            }
            let sums = "sha256sum big dir/file"
            #expect(try await api.shell(sums, in: one) == api.shell(sums, in: two))
            let refused = try await api.send(
                "POST",
                "/v1/sandboxes/\(two.id)/import",
                "no archive",
                headers: ["Content-Type": "application/zstd"]
            )
            #expect(refused.code == "archive_invalid", "\(refused.body)")
        }
    }
}

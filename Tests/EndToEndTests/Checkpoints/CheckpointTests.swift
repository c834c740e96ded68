import FleetTesting
import Foundation
import NIOCore
import SandfleetClient
import Testing

/// Saved workspaces, as users meet them.
@Suite(.serialized) struct CheckpointTests {
    /// One line for all that is in the workspace: names, modes, links and contents.
    private static let digest =
        "cd /workspace && (find . -printf '%p %m %l\\n' | sort; find . -type f -print0 | sort -z | xargs -0 -r sha256sum) "
        + "| sha256sum"

    private func fill(_ sandbox: Sandbox, _ api: FleetAPI) async throws {
        _ = try await api.shell(
            "mkdir -p a/b && head -c 3000000 /dev/urandom > a/b/random && echo one > a/file && chmod 640 a/file && ln -s file a/link",
            in: sandbox
        )
    }

    @Test func filesComeBackAsTheyWere() async throws {
        try await withAPI { api in
            let sandbox = try await api.sandbox { $0.env = ["SECRET": "kept"] }
            try await fill(sandbox, api)
            let before = try await api.shell(Self.digest, in: sandbox)
            var request = CheckpointRequest()
            request.comment = "before"
            let saved = try await api.client.createCheckpoint(of: sandbox.id, request)
            #expect(saved.status == .ready && saved.comment == "before")

            _ = try await api.shell("rm -r a/b; echo two > a/file; echo more > more", in: sandbox)
            #expect(try await api.shell(Self.digest, in: sandbox) != before)
            #expect(try await api.client.restoreCheckpoint(saved.id, in: sandbox.id).status == .active)
            #expect(try await api.shell(Self.digest, in: sandbox) == before)

            // A fork begins with the files as they are, and what either does the other does not see.
            let fork = try await api.client.forkSandbox(sandbox.id)
            #expect(try await api.shell(Self.digest, in: fork) == before)
            #expect(try await api.shell("echo $SECRET", in: fork) == "kept\n")
            _ = try await api.shell("echo fork > a/file", in: fork)
            _ = try await api.shell("echo origin > a/file", in: sandbox)
            #expect(try await api.shell("cat a/file", in: fork) == "fork\n")
            #expect(try await api.shell("cat a/file", in: sandbox) == "origin\n")

            // Drained, and awoken by its next use.
            let present = try await api.shell(Self.digest, in: sandbox)
            #expect(try await api.client.drainSandbox(sandbox.id).status == .paused)
            #expect(try await api.shell(Self.digest, in: sandbox) == present)

            // Checkpoints outlive their sandbox.
            try await api.client.deleteSandbox(sandbox.id)
            let another = try await api.sandbox { $0.fromCheckpoint = saved.id }
            #expect(try await api.shell(Self.digest, in: another) == before)
            try await api.client.deleteCheckpoint(saved.id)
            let refused = try await api.send("POST", "/v1/sandboxes", #"{"fromCheckpoint":"\#(saved.id)"}"#)
            #expect([404, 409].contains(refused.status), "\(refused.body)")
            #expect(try await api.shell(Self.digest, in: another) == before)

            var kinds: [String] = []
            for try await event in api.client.history(of: sandbox.id) { kinds.append(event.kind) }
            for kind in [
                "sandbox.created", "sandbox.acquired", "sandbox.active", "checkpoint.begun", "checkpoint.published",
                "sandbox.restore_asked", "fork.published", "sandbox.paused", "snapshot.published", "sandbox.deleted",
            ] {
                #expect(kinds.contains(kind), "\(kind) in \(kinds)")
            }
        }
    }

    @Test func aWorkspaceTravelsAsAnArchive() async throws {
        try await withAPI { api in
            let (sandbox, other) = (try await api.sandbox(), try await api.sandbox())
            try await fill(sandbox, api)
            var archive = ByteBuffer()
            for try await bytes in try await api.client.exportWorkspace(of: sandbox.id) {
                archive.writeImmutableBuffer(bytes)
            }
            _ = try await api.shell("echo old > old", in: other)
            try await api.client.importWorkspace(.bytes(archive), into: other.id)
            #expect(try await api.shell("cat old", in: other) == "old\n")
            try await api.client.importWorkspace(.bytes(archive), into: other.id, replace: true)
            #expect(try await api.shell(Self.digest, in: other) == (try await api.shell(Self.digest, in: sandbox)))

            let cut = try #require(archive.getSlice(at: 0, length: archive.readableBytes / 2))
            for broken in [cut, ByteBuffer(string: "no archive")] {
                await #expect(throws: SandfleetError.self) {
                    try await api.client.importWorkspace(.bytes(broken), into: other.id, replace: true)
                }
            }
            // What was refused has changed nothing.
            #expect(try await api.shell(Self.digest, in: other) == (try await api.shell(Self.digest, in: sandbox)))
        }
    }

    @Test func aPortableOneIsAsGood() async throws {
        try await withAPI { api in
            let sandbox = try await api.sandbox()
            try await fill(sandbox, api)
            let before = try await api.shell(Self.digest, in: sandbox)
            var request = CheckpointRequest()
            request.format = .portable
            let saved = try await api.client.createCheckpoint(of: sandbox.id, request)
            #expect(saved.format == .portable)
            let another = try await api.sandbox { $0.fromCheckpoint = saved.id }
            #expect(try await api.shell(Self.digest, in: another) == before)
            _ = try await api.shell("rm -r a", in: sandbox)
            _ = try await api.client.restoreCheckpoint(saved.id, in: sandbox.id)
            #expect(try await api.shell(Self.digest, in: sandbox) == before)
        }
    }

    @Test func aWorkerThatIsKilledMeanwhileLeavesNoHalfOne() async throws {
        try await withAPI(workers: 2) { api in
            let sandbox = try await api.sandbox()
            try await fill(sandbox, api)
            let before = try await api.shell(Self.digest, in: sandbox)
            let path = "/v1/sandboxes/\(sandbox.id)/checkpoints"
            for (index, worker) in ["worker", "worker-2"].enumerated() {
                let pid = try api.fleet.pid(of: worker)
                let operation = ["X-Operation-Id": "save-\(index)"]
                async let saving = api.send("POST", path, #"{"format":"portable"}"#, headers: operation)
                try await api.fleet.kill(worker)
                _ = try? await saving
                try await api.fleet.restarted(worker, after: pid)
                // Whatever came of that: the same again gives the one checkpoint, and it is whole.
                var id: String?
                try await eventually("it is saved", within: .seconds(60)) {
                    let again = try await api.send("POST", path, #"{"format":"portable"}"#, headers: operation)
                    id = again["id"] as? String
                    return again.status < 300
                }
                let saved = try await api.client.checkpoint(try #require(id))
                #expect(saved.status == .ready)
                let another = try await api.sandbox { $0.fromCheckpoint = saved.id }
                #expect(try await api.shell(Self.digest, in: another) == before)
                #expect(try await api.shell(Self.digest, in: sandbox) == before)
            }
            let ready = try await api.client.listCheckpoints(of: sandbox.id).items.filter { $0.status == .ready }
            #expect(ready.count == 2)
        }
    }
}

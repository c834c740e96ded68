import ContractServer
import NIOCore
import SandfleetClient
import Testing

@Suite struct CheckpointTests {
    @Test func aCheckpointsLife() async throws {
        try await withSandbox { client, sandbox, _ in
            _ = try await client.runCommand(.shell("echo one > file"), in: sandbox)
            let request = CheckpointRequest(comment: "before", expiresInMs: 60_000, format: .portable)
            let made = try await client.createCheckpoint(of: sandbox, request)
            #expect(made.status == .ready && made.format == .portable && made.comment == "before")
            #expect(made.sandboxId == sandbox && made.sizeBytes == 4 && made.provider == "local")
            #expect(made.createdAt != nil && made.readyAt != nil && made.expiresAt != nil && made.error == nil)
            #expect(try await client.checkpoint(made.id) == made)

            _ = try await client.runCommand(.shell("echo two > file"), in: sandbox)
            #expect(try await client.restoreCheckpoint(made.id, in: sandbox).status == .active)
            #expect(try await client.runCommand(.shell("cat file"), in: sandbox).stdout == "one\n")

            try await client.deleteCheckpoint(made.id)
            let error = await expectError(.checkpointNotFound) { _ = try await client.checkpoint(made.id) }
            #expect(error?.status == 404)
            await expectError(.checkpointNotFound) { try await client.deleteCheckpoint(made.id) }
            await expectError(.checkpointNotFound) { try await client.restoreCheckpoint(made.id, in: sandbox) }
        }
    }

    @Test func listsWalkThroughAllPages() async throws {
        try await withSandbox { client, sandbox, _ in
            let other = try await client.createSandbox().id
            var made: [String] = []
            for _ in 0..<5 { made.append(try await client.createCheckpoint(of: sandbox).id) }
            let foreign = try await client.createCheckpoint(of: other).id
            var listed: [String] = []
            for try await checkpoint in client.checkpoints(of: sandbox) { listed.append(checkpoint.id) }
            #expect(listed == made.reversed())
            #expect(try await client.listCheckpoints(of: sandbox, limit: 2).nextCursor != nil)
            // Also of what is gone.
            try await client.deleteSandbox(sandbox)
            listed = []
            for try await checkpoint in client.checkpoints() { listed.append(checkpoint.id) }
            #expect(listed == [foreign] + made.reversed())
        }
    }

    @Test func whatIsNotReadyIsRefused() async throws {
        try await withSandbox { client, sandbox, _ in
            let made = try await client.createCheckpoint(of: sandbox, CheckpointRequest(comment: "odd-saving"))
            #expect(made.status == .saving && made.sizeBytes == nil)
            let error = await expectError(.checkpointNotReady) {
                try await client.restoreCheckpoint(made.id, in: sandbox)
            }
            #expect(error?.status == 409)
            var request = ForkRequest()
            request.checkpoint = made.id
            await expectError(.checkpointNotReady) { [request] in _ = try await client.forkSandbox(sandbox, request) }
        }
    }

    /// Wherever the connection breaks, the repeat finds the same checkpoint.
    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func brokenConnectionsMakeOneCheckpoint(seed: UInt64) async throws {
        try await withSandbox { client, sandbox, server in
            try await server.cut(seed: seed, count: 3, reach: 400, routes: ["checkpoints", "restore", "fork"])
            var made: Set<String> = []
            while try await server.cutsLeft() > 0 { made.insert(try await client.createCheckpoint(of: sandbox).id) }
            var listed: Set<String> = []
            for try await checkpoint in client.checkpoints() { listed.insert(checkpoint.id) }
            #expect(listed == made)
        }
    }

    @Test func theSameOperationIsTheSameCheckpoint() async throws {
        try await withSandbox { client, sandbox, _ in
            let first = try await client.createCheckpoint(of: sandbox, operationId: "save-1")
            #expect(try await client.createCheckpoint(of: sandbox, operationId: "save-1").id == first.id)
            await expectError(.operationConflict) {
                _ = try await client.createCheckpoint(of: sandbox, CheckpointRequest(comment: "x"), operationId: "save-1")
            }
        }
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func brokenConnectionsMakeOneFork(seed: UInt64) async throws {
        try await withSandbox { client, sandbox, server in
            try await server.cut(seed: seed, count: 2, reach: 400, routes: ["fork"])
            var made: Set<String> = [sandbox]
            while try await server.cutsLeft() > 0 { made.insert(try await client.forkSandbox(sandbox).id) }
            var listed: Set<String> = []
            for try await sandbox in client.sandboxes() { listed.insert(sandbox.id) }
            #expect(listed == made)
        }
    }

    @Test func forksAndNewSandboxesBeginWithTheFiles() async throws {
        try await withSandbox { client, sandbox, _ in
            _ = try await client.runCommand(.shell("echo one > file"), in: sandbox)
            let checkpoint = try await client.createCheckpoint(of: sandbox)
            _ = try await client.runCommand(.shell("echo two > file"), in: sandbox)
            var request = ForkRequest()
            request.name = "fork"
            request.tags = ["of": "test"]
            let fork = try await client.forkSandbox(sandbox, request)
            #expect(fork.id != sandbox && fork.name == "fork" && fork.tags == ["of": "test"])
            #expect(try await client.runCommand(.shell("cat file"), in: fork.id).stdout == "two\n")
            await expectError(.nameTaken) { [request] in _ = try await client.forkSandbox(sandbox, request) }

            request.name = nil
            request.checkpoint = checkpoint.id
            let earlier = try await client.forkSandbox(sandbox, request)
            #expect(try await client.runCommand(.shell("cat file"), in: earlier.id).stdout == "one\n")
            var creation = SandboxRequest()
            creation.fromCheckpoint = checkpoint.id
            let made = try await client.createSandbox(creation)
            #expect(try await client.runCommand(.shell("cat file"), in: made.id).stdout == "one\n")
            creation.fromCheckpoint = "none"
            await expectError(.checkpointNotFound) { [creation] in _ = try await client.createSandbox(creation) }
        }
    }
}

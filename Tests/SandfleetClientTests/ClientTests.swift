import ContractServer
import FoundationEssentials
import NIOCore
import SandfleetClient
import Testing

/// A client and one sandbox on a server of its own.
func withSandbox(_ body: (SandfleetClient, String, ContractServer) async throws -> Void) async throws {
    try await ContractServer.with { server in
        let client = try SandfleetClient(url: server.url, apiKey: ContractServer.key)
        let sandbox = try await client.createSandbox()
        try await body(client, sandbox.id, server)
    }
}

@discardableResult
func expectError(
    _ code: SandfleetError.Code,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ operation: () async throws -> Void
) async -> SandfleetError? {
    let error = await #expect(throws: SandfleetError.self, sourceLocation: sourceLocation) { try await operation() }
    #expect(error?.code == code, "\(error?.message ?? "")", sourceLocation: sourceLocation)
    return error
}

@Suite struct SandboxCallTests {
    @Test func createReadUpdateDelete() async throws {
        try await ContractServer.with { server in
            let client = try SandfleetClient(url: server.url + "/", apiKey: ContractServer.key)
            var request = SandboxRequest()
            request.name = "first"
            request.persistent = true
            request.metadata = ["owner": .object(["team": "a", "level": .integer(3)])]
            request.tags = ["stage": "test"]
            request.resources = SandboxResources(vcpus: 1.5, memoryMb: 512)
            let made = try await client.createSandbox(request)
            #expect(made.status == .active && made.persistent && made.name == "first")
            #expect(made.metadata["owner"] == .object(["team": "a", "level": .integer(3)]))
            #expect(made.resources.vcpus == 1.5)
            let createdAt = try #require(made.createdAt)
            #expect(abs(createdAt.timeIntervalSince1970 - 1_767_323_045.678) < 0.001)
            #expect(made.updatedAt != nil)

            var update = SandboxUpdate()
            update.name = "second"
            #expect(try await client.updateSandbox(made.id, update).name == "second")
            #expect(try await client.stopSandbox(made.id)?.status == .shutdown)
            #expect(try await client.connectSandbox(made.id).status == .active)
            try await client.keepSandboxAlive(made.id, for: .seconds(60))
            try await client.deleteSandbox(made.id)
            let error = await expectError(.sandboxNotFound) { _ = try await client.sandbox(made.id) }
            #expect(error?.status == 404 && error?.requestID == "req-1")
        }
    }

    @Test func listsWalkThroughAllPages() async throws {
        try await ContractServer.with { server in
            let client = try SandfleetClient(url: server.url, apiKey: ContractServer.key)
            var made: [String] = []
            for _ in 0..<5 { made.append(try await client.createSandbox().id) }
            var listed: [String] = []
            for try await sandbox in client.sandboxes() { listed.append(sandbox.id) }
            #expect(listed == made.reversed())
            #expect(try await client.listSandboxes(limit: 2).nextCursor != nil)
        }
    }

    /// The fleet refuses twice; the third try carries the same key, and makes one sandbox.
    @Test func createIsRepeatedUnderOneKey() async throws {
        try await ContractServer.with { server in
            let client = try SandfleetClient(url: server.url, apiKey: ContractServer.key)
            var request = SandboxRequest()
            request.purpose = "flaky"
            let made = try await client.createSandbox(request, idempotencyKey: "k")
            #expect(try await client.createSandbox(request, idempotencyKey: "k").id == made.id)
            #expect(try await client.createSandbox().id != made.id)
        }
    }

    @Test func errorsSayWhatHappened() async throws {
        try await ContractServer.with { server in
            let stranger = try SandfleetClient(url: server.url, apiKey: "wrong")
            let refused = await expectError(.unauthenticated) { _ = try await stranger.createSandbox() }
            #expect(refused?.hint == "Check SANDFLEET_API_KEY." && refused?.status == 401)
            let elsewhere = try SandfleetClient(url: server.url + "/test/html?", apiKey: "")
            await expectError(.invalidResponse) { _ = try await elsewhere.providers() }
        }
        let nobody = try SandfleetClient(url: "http://127.0.0.1:1", apiKey: "")
        let unreachable = await expectError(.unreachable) { _ = try await nobody.createSandbox() }
        #expect(unreachable?.mayHaveBeenDelivered == false)
        await expectError(.invalidRequest) { _ = try SandfleetClient(url: "localhost:7070", apiKey: "") }
    }

    @Test func keysProvidersAndFleet() async throws {
        try await ContractServer.with { server in
            let client = try SandfleetClient(url: server.url, apiKey: ContractServer.key)
            let key = try await client.createKey(name: "ci", scopes: [.read, .write])
            #expect(key.key == "secret-ci")
            var listed: [APIKey] = []
            for try await key in client.keys() { listed.append(key) }
            #expect(listed.map(\.name) == ["ci"] && listed.first?.key == nil)
            try await client.deleteKey(key.id)
            let providers = try await client.providers()
            #expect(providers.map(\.name) == ["local"] && providers.first?.properties["pty"] == .bool(false))
            let fleet = try await client.fleet()
            #expect(fleet.workers.first?.sandboxes == 1 && fleet.services.first?.startedAt != nil)
        }
    }
}

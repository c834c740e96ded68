import ContractServer
import NIOCore
import SandfleetClient
import Testing

@Suite struct LifeTests {
    @Test func drainAndKeepAlive() async throws {
        try await withSandbox { client, sandbox, server in
            try await server.cut(seed: 1, count: 2, reach: 300, routes: ["drain", "keepalive"])
            while try await server.cutsLeft() > 0 {
                #expect(try await client.drainSandbox(sandbox).status == .paused)
                try await client.keepSandboxAlive(sandbox, for: .seconds(90))
            }
            var request = SandboxRequest()
            request.persistent = false
            let fleeting = try await client.createSandbox(request)
            await expectError(.unsupported) { try await client.drainSandbox(fleeting.id) }
            // One that is not persistent is gone when it is stopped.
            #expect(try await client.stopSandbox(fleeting.id) == nil)
            await expectError(.sandboxNotFound) { _ = try await client.sandbox(fleeting.id) }
        }
    }

    @Test func historyOutlivesTheSandbox() async throws {
        try await withSandbox { client, sandbox, _ in
            let checkpoint = try await client.createCheckpoint(of: sandbox)
            try await client.drainSandbox(sandbox)
            _ = try await client.connectSandbox(sandbox)
            try await client.deleteSandbox(sandbox)
            var events: [HistoryEvent] = []
            for try await event in client.history(of: sandbox) { events.append(event) }
            let kinds = [
                "sandbox.created", "checkpoint.published", "sandbox.paused", "sandbox.active", "sandbox.deleted",
            ]
            #expect(events.map(\.kind) == kinds)
            #expect(events[0].epoch == 0 && events[0].subject == sandbox && events[0].reason == nil)
            #expect(events[1].subject == checkpoint.id && events[1].details["sizeBytes"] == .integer(0))
            #expect(events[2].reason == "api" && events[2].actor?.hasPrefix("key/") == true)
            #expect(try await client.listHistory(of: sandbox, limit: 2).nextCursor != nil)
            await expectError(.sandboxNotFound) { _ = try await client.listHistory(of: "0") }
        }
    }

    @Test func workspacesGoThereAndBack() async throws {
        try await withSandbox { client, sandbox, _ in
            _ = try await client.runCommand(.shell("mkdir d && head -c 400000 /dev/urandom > d/f && sha256sum < d/f"), in: sandbox)
            let digest = try await client.runCommand(.shell("sha256sum < d/f"), in: sandbox).stdout
            let other = try await client.createSandbox().id
            _ = try await client.runCommand(.shell("echo old > old"), in: other)
            let archive = try await client.exportWorkspace(of: sandbox)
            try await client.importWorkspace(.stream(archive), into: other)
            #expect(try await client.runCommand(.shell("cat old; sha256sum < d/f"), in: other).stdout == "old\n" + digest)
            let again = try await client.exportWorkspace(of: sandbox)
            try await client.importWorkspace(.stream(again), into: other, replace: true)
            #expect(try await client.runCommand(.shell("ls"), in: other).stdout == "d\n")
            await expectError(.archiveInvalid) {
                try await client.importWorkspace(.bytes(ByteBuffer(string: "no archive")), into: other)
            }
        }
    }

    /// An export that breaks off never looks whole.
    @Test func aBrokenExportIsNoticed() async throws {
        try await withSandbox { client, sandbox, server in
            _ = try await client.runCommand(.shell("head -c 400000 /dev/urandom > f"), in: sandbox)
            func size() async throws -> Int {
                try await client.exportWorkspace(of: sandbox).reduce(0) { $0 + $1.readableBytes }
            }
            let whole = try await size()
            try await server.cut(seed: 5, count: 3, reach: 1000, routes: ["export"])
            while try await server.cutsLeft() > 0 {
                do {
                    #expect(try await size() == whole)
                } catch let error as SandfleetError {
                    #expect([.interrupted, .init(rawValue: "bus_unavailable")].contains(error.code))
                }
            }
        }
    }

    @Test func aSweepSaysWhatItDoes() async throws {
        try await ContractServer.with { server in
            let client = try SandfleetClient(url: server.url, apiKey: ContractServer.key)
            for _ in 0..<2 {
                let planned = try await client.sweep(dryRun: true).boxes
                #expect(planned.map(\.verdict) == [.keep, .report, .delete, .delete])
                #expect(planned.allSatisfy { !$0.deleted } && planned[1].sandboxId == nil && planned[0].epoch == 3)
            }
            #expect(try await client.sweep(dryRun: false).boxes.map(\.deleted) == [false, false, true, true])
            try await server.losePlacement()
            let rest = try await client.sweep(dryRun: true)
            #expect(rest.boxes.map(\.externalId) == ["box-1", "box-2"])
            #expect(rest.unreached.map(\.placement) == ["away"] && rest.unreached.first?.code == "placement_offline")
        }
    }
}

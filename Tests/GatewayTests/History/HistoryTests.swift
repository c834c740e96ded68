import HTTPTypes
import Model
import PostgresClient
import Testing

@testable import Gateway
@testable import Store

@Suite("The history of a sandbox", .timeLimit(.minutes(2)))
struct HistoryTests {
    /// Every event, in pages of three.
    private func history(_ fleet: LedgerFleet, of id: String) async throws -> [JSONValue] {
        var events: [JSONValue] = []
        var cursor = ""
        while true {
            let page = try await fleet.send(.get, "/v1/sandboxes/\(id)/history?limit=3\(cursor)", key: "read")
            #expect(try Contract().violations(of: page.json, against: "HistoryPage") == [])
            #expect(page.status == 200 && page.items.count <= 3)
            events += page.items
            guard let next = page.text("nextCursor") else { return events }
            cursor = "&cursor=\(next)"
        }
    }

    @Test func itTellsALifeInItsOrderAlsoAfterItsEnd() async throws {
        try await LedgerFleet.with { fleet in
            let id = try await fleet.sandbox()
            let checkpoint = try await fleet.send(.post, "/v1/sandboxes/\(id)/checkpoints").text("id") ?? ""
            _ = try await fleet.send(.post, "/v1/sandboxes/\(id)/checkpoints/\(checkpoint)/restore")
            _ = try await fleet.send(.post, "/v1/sandboxes/\(id)/drain")
            #expect(try await fleet.send(.delete, "/v1/sandboxes/\(id)").status == 204)
            let events = try await history(fleet, of: id)
            let kinds = events.map { if case .string(let kind)? = $0["kind"] { kind } else { "-" } }
            var rest = kinds[...]
            for kind in [
                "sandbox.created", "sandbox.acquired", "sandbox.active", "checkpoint.begun", "checkpoint.published",
                "sandbox.restore_asked", "sandbox.draining", "snapshot.published", "sandbox.paused", "sandbox.active",
                "sandbox.pause_asked", "sandbox.paused", "sandbox.delete_asked", "sandbox.deleted",
            ] {
                let place = rest.firstIndex(of: kind)
                #expect(place != nil, "\(kind) in \(kinds)")
                rest = rest[((place ?? rest.endIndex - 1) + 1)...]
            }
            let published = try #require(events.first { $0["kind"] == "checkpoint.published" })
            #expect(published["subject"] == .string(checkpoint) && published["epoch"] == 1)
            #expect(published["actor"] == "test" && published["details"]?["sizeBytes"] == 7)
            let asked = try #require(events.first { $0["kind"] == "sandbox.delete_asked" })
            guard case .string(let actor)? = asked["actor"] else {
                Issue.record("no actor in \(asked)")
                return
            }
            #expect(actor.hasPrefix("key/") && asked["reason"] == "api" && asked["subject"] == .string(id))
        }
    }

    @Test func onlyWhatTheWorkspaceHasOrHadIsTold() async throws {
        try await LedgerFleet.with { fleet in
            let id = try await fleet.sandbox()
            for unknown in ["nonsense", ID.new(of: Kind.Sandbox.self).rawValue] {
                let answer = try await fleet.send(.get, "/v1/sandboxes/\(unknown)/history")
                #expect(answer.status == 404 && answer.code == "sandbox_not_found")
            }
            for query in ["cursor=x", "cursor=-1", "limit=0", "kind=a"] {
                #expect(try await fleet.send(.get, "/v1/sandboxes/\(id)/history?\(query)").status == 400)
            }
            let foreign: WorkspaceID = ID.new()
            try await fleet.add(foreign, "foreign")
            for table in ["sandboxes", "outbox"] {
                _ = try await fleet.pool.query("update \(table) set workspace_id = $1", [foreign.rawValue])
            }
            #expect(try await fleet.send(.get, "/v1/sandboxes/\(id)/history").code == "sandbox_not_found")
        }
    }
}
